"""A network is moved to the accelerator for its work; the moves are tested without one."""

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from cells.training import device
from cells.training.device import device_of, on_device


class Moved(nn.Linear):
    def __init__(self):
        super().__init__(1, 1)
        self.moves = []

    def to(self, device):
        self.moves.append(str(device))
        return self


@pytest.mark.parametrize(
    ("accelerator", "available", "device"),
    [("auto", True, "cuda"), ("gpu", True, "cuda"), ("cpu", True, "cpu"), ("auto", False, "cpu")],
)
def test_the_device_is_the_trainers(accelerator, available, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert device_of(OmegaConf.create({"accelerator": accelerator})) == device


def fail_inside(network):
    with on_device(network, OmegaConf.create({})):
        assert network.moves == ["cuda"]
        raise ZeroDivisionError


def test_a_network_goes_there_and_comes_back_also_after_an_error(monkeypatch):
    monkeypatch.setattr(device, "device_of", lambda _: "cuda")
    network = Moved()
    with pytest.raises(ZeroDivisionError):
        fail_inside(network)
    assert network.moves == ["cuda", "cpu"]


def test_without_an_accelerator_it_stays(monkeypatch):
    monkeypatch.setattr(device, "device_of", lambda _: "cpu")
    network = Moved()
    with on_device(network, OmegaConf.create({})):
        pass
    assert network.moves == []
