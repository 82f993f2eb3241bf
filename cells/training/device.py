"""The device of a network: its training device, also before and after training."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from omegaconf import DictConfig
from torch import nn


def device_of(trainer: DictConfig) -> str:
    """Return the kind of device that the trainer uses on this machine: cuda or cpu."""
    return (
        "cuda"
        if str(trainer.accelerator) in {"auto", "gpu", "cuda"} and torch.cuda.is_available()
        else "cpu"
    )


@contextmanager
def on_device(network: nn.Module, trainer: DictConfig) -> Iterator[None]:
    """Move the network to its device inside the block, unless it is already there.

    The trainer leaves it in main memory when it ends.
    """
    home, device = next(network.parameters()).device, device_of(trainer)
    if home.type != "cpu" or device == "cpu":
        yield
        return
    network.to(device)
    try:
        yield
    finally:
        network.to(home)
