"""Torch's global generator, borrowed: seeded inside a block and put back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds torch inside the block (dropout and weight initialisation take no generator of their own) and restores the state after it.

    Args:
        seed: non-negative.
    """
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        yield
