"""Poolings: from the states of a text's tokens to one vector."""

from collections.abc import Callable

import torch
from torch import Tensor


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the real tokens' states: [n, L, D], [n, L] -> [n, D]."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


# one call shape for all poolings
def cls_pool(states: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    """Return the state of the first token: [n, L, D], [n, L] -> [n, D]."""
    return states[:, 0]


def max_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the maximum over the real tokens' states: [n, L, D], [n, L] -> [n, D]."""
    lowest = torch.finfo(states.dtype).min
    return states.masked_fill(~mask.unsqueeze(-1), lowest).amax(1)


def last_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the state of the last real token: [n, L, D], [n, L] -> [n, D]."""
    return states[torch.arange(len(states), device=states.device), mask.sum(1).clamp(min=1) - 1]


POOLINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mean": mean_pool,
    "cls": cls_pool,
    "max": max_pool,
    "last": last_pool,
}
