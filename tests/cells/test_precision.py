"""The precision of training: asked for, measured, or refused."""

import pytest
import torch
from cell_runs import composed

from cells.training import precision
from cells.training.precision import check_precision, settled_precision
from errors import InputError


def trainer(*overrides):
    return composed(*overrides).trainer


@pytest.fixture
def machine(monkeypatch):
    """A machine on which half precision takes so many times as long."""

    def is_like(*, factor, cuda=False, bf16=True):
        monkeypatch.setattr(
            precision, "_seconds", lambda dtype, _device: factor if dtype == torch.bfloat16 else 1.0
        )
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bf16)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "an old card")

    return is_like


def test_the_default_is_full_precision():
    assert settled_precision(trainer()) == "32-true"


@pytest.mark.parametrize(
    ("factor", "chosen"), [(10.0, "32-true"), (0.95, "32-true"), (0.5, "bf16-mixed")]
)
def test_auto_takes_half_precision_only_where_it_is_faster(factor, chosen, machine):
    machine(factor=factor)
    assert settled_precision(trainer("trainer.precision=auto")) == chosen


def test_auto_measures_this_machine():
    assert settled_precision(trainer("trainer.precision=auto", "trainer.accelerator=cpu")) in {
        "32-true",
        "bf16-mixed",
    }


def test_slow_half_precision_is_pointed_out(machine, caplog):
    machine(factor=8.0)
    assert settled_precision(trainer("trainer.precision=bf16-mixed")) == "bf16-mixed"
    assert "8.0 times slower than 32-true" in caplog.text


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainer.precision=half"], r"trainer\.precision=half: must be one of 32-true"),
        (
            ["trainer.precision=16-mixed", "trainer.accelerator=cpu"],
            r"trainer\.precision=16-mixed: a CPU does not support it",
        ),
        (
            ["trainer=ddp_fork", "trainer.precision=auto"],
            r"trainer\.precision=auto with trainer\.devices=2",
        ),
    ],
)
def test_unusable_precisions_are_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        check_precision(trainer(*overrides))


def test_a_card_without_bf16_is_named(machine):
    machine(factor=1.0, cuda=True, bf16=False)
    with pytest.raises(
        InputError, match=r"trainer\.precision=bf16-mixed: an old card does not support it"
    ):
        check_precision(trainer("trainer.precision=bf16-mixed"))
