"""Reading the labels of a batch: which rows have a positive, and where, for the price of a few passes over the targets."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
import torch
from torch import Tensor

P = ParamSpec("P")
T = TypeVar("T")

_seen: ContextVar[dict[tuple[object, ...], tuple[object, Any]] | None] = ContextVar(
    "seen", default=None
)


# used like a function, and a class because contextlib's generators take a twentieth of a loss's
# time
class one_batch:  # noqa: N801
    """Within this block functions marked with `once` answer the same tensors only once, for the terms of a weighted sum."""

    def __enter__(self) -> None:
        self._token = _seen.set({})

    def __exit__(self, *_: object) -> None:
        _seen.reset(self._token)


def once(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function of tensors remember its answers within `one_batch`; outside it is called as always."""

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
        seen = _seen.get()
        if seen is None:
            return function(*args, **kwargs)
        key = (function, *map(id, args), *kwargs.items())
        if key not in seen:
            seen[key] = (
                args,
                function(*args, **kwargs),
            )  # the arguments too: an id is only unique while its object lives
        answer: T = seen[key][1]
        return answer

    return remembered


class Labels(NamedTuple):
    """What the targets and the mask of a batch say.

    Attributes:
        grades: Grades, 0 outside the mask, [B, C].
        full: Whether the mask is True everywhere.
        column: Column of the positive if every row has exactly one, and a negative to compete with,
            [B]; else None.
    """

    grades: Tensor
    full: bool
    column: Tensor | None


@once
def read_labels(targets: Tensor, mask: Tensor) -> Labels:
    """Read the targets [B, C] under their mask [B, C]."""
    targets = targets if targets.dtype in (torch.float32, torch.float64) else targets.float()
    if mask.numel() == 0:
        return Labels(targets, full=True, column=None)
    full = bool(mask.view(torch.uint8).amin())  # ten times faster than `all` on a CPU
    column = (only_positive_by_numpy if targets.device.type == "cpu" else only_positive_by_torch)(
        targets
    )
    if column is not None and mask.shape[-1] > 1 and (full or _stand_in(mask, column)):
        return Labels(targets, full, column)
    return Labels(targets if full else torch.where(mask, targets, 0), full, None)


def only_positive_by_numpy(targets: Tensor) -> Tensor | None:
    """Column [B] of the positive if every row has exactly one; numpy's kernels for this are vectorised on a CPU."""
    grades = targets.detach().numpy()
    (positions,) = (grades > 0).ravel().nonzero()
    if len(positions) != len(grades):
        return None
    row = positions // grades.shape[1]
    return (
        torch.from_numpy(positions - row * grades.shape[1])
        if (row == np.arange(len(grades))).all()
        else None
    )


def only_positive_by_torch(targets: Tensor) -> Tensor | None:
    """The same without a copy from the device to the CPU."""
    positives = targets > 0
    return positives.byte().argmax(-1) if (positives.sum(-1) == 1).all() else None


def _stand_in(mask: Tensor, column: Tensor) -> bool:
    """Whether the column [B] is a candidate in every row of the mask [B, C], and never the only one."""
    return bool(mask.gather(-1, column.unsqueeze(-1)).all()) and bool(mask.sum(-1).amin() > 1)
