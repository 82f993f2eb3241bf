"""Lists of different lengths end to end in one tensor."""

import torch
from torch import Tensor


def offsets_of(lengths: Tensor) -> Tensor:
    """Return the starts of lists stored end to end, by their lengths [n], and the total [n + 1]."""
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])


def take(values: Tensor, offsets: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the lists at some rows, in that order.

    Args:
        values: [N, ...] values of n lists.
        offsets: [n + 1] where each starts.
        rows: [m] lists to take.

    Returns:
        values [M, ...] and offsets [m + 1] of the lists taken.
    """
    lengths = offsets.diff()[rows]
    taken = offsets_of(lengths)
    # value j of the result sits (start of its list in `values` - start of its list in the result)
    # places further on in `values`
    shift = torch.repeat_interleave(offsets[rows] - taken[:-1], lengths)
    return values[torch.arange(len(shift), device=values.device) + shift], taken


def padded(values: Tensor, offsets: Tensor, rows: Tensor, fill: float) -> tuple[Tensor, Tensor]:
    """Pad some of the lists to the longest of them.

    Args:
        values: [N, ...] values of n lists.
        offsets: [n + 1] where each starts.
        rows: [m] lists to take.
        fill: value of positions beyond a list's end.

    Returns:
        values [m, L, ...] and mask [m, L], True where there is a value; L is at least 1.
    """
    lengths = offsets.diff()[rows]
    positions = torch.arange(max(int(lengths.max()), 1), device=values.device)
    mask = positions < lengths.unsqueeze(1)
    index = (offsets[rows].unsqueeze(1) + positions).clamp(max=max(len(values) - 1, 0))
    shape = mask.shape + (1,) * (values.ndim - 1)
    return torch.where(mask.view(shape), values[index], fill), mask
