"""One batch of scored candidates, the input of a loss."""

from typing import NamedTuple

import torch
from torch import Tensor

from errors import InputError

PAIR = 2
"""Candidates of a document by itself: it is relevant, or it is not."""


class Positives(NamedTuple):
    """Where the labelled positives of a batch stand.

    Attributes:
        row: rows of the batch, [L]; None: each row has one positive, in the order of the rows.
        column: columns, [L].
    """

    row: Tensor | None
    column: Tensor

    def in_rows(self, values: Tensor) -> Tensor:
        """Return the entry of `values` [B, ...] for the row of each positive, [L, ...]."""
        return values if self.row is None else values.index_select(0, self.row)

    def total(self, values: Tensor, rows: int) -> Tensor:
        """Return the sum of `values` [..., L] over the positives of each of B rows, [..., B]."""
        if self.row is None:
            return values
        return values.new_zeros(*values.shape[:-1], rows).index_add(-1, self.row, values)


class Candidates(NamedTuple):
    """The scored candidates of B queries.

    Attributes:
        scores: scores, already divided by the temperature, [B, C].
        targets: grades; above 0 is positive, [B, C].
        mask: True where the slot holds a candidate of the row, [B, C].
        positives: the positives, as the data knows them; None lets the loss look for them, which
            waits for the device.
        pair_ids: stable ids of the (query, document) pairs, -1 without one, [B, C].
        teacher: scores of another model for the same candidates, [B, C].
        progress: share of the training that is done, in [0, 1]; schedules read it.
        epochs: how often the whole training passes over its examples.
        pointwise: whether the rows are documents by themselves, as `pointwise_view` makes them.
    """

    scores: Tensor
    targets: Tensor
    mask: Tensor
    positives: Positives | None = None
    pair_ids: Tensor | None = None
    teacher: Tensor | None = None
    progress: float = 0.0
    epochs: float = 1.0
    pointwise: bool = False

    def in_full_precision(self) -> "Candidates":
        """Return the batch in float32; float64 stays, so that tests can be exact."""
        scores = self.scores if self.scores.dtype == torch.float64 else self.scores.float()
        teacher = None if self.teacher is None else self.teacher.to(scores.dtype)
        return self._replace(scores=scores, targets=self.targets.to(scores.dtype), teacher=teacher)

    def known_pair_ids(self) -> Tensor:
        """Return the pair ids, or raise InputError where the data gives none."""
        if self.pair_ids is None:
            raise InputError(
                "loss: it keeps state per pair and needs pair ids; use a data source that gives "
                "them."
            )
        return self.pair_ids

    def known_teacher(self) -> Tensor:
        """Return the teacher's scores, or raise InputError where there is no teacher."""
        if self.teacher is None:
            raise InputError(
                "loss: it compares with a teacher and needs its scores; name a teacher run."
            )
        return self.teacher

    def check_pointwise(self, what: str) -> None:
        """Raise InputError unless the rows are documents by themselves, as `what` needs them."""
        if not self.pointwise:
            raise InputError(
                f"loss: {what} judges each document by itself; use it with "
                "loss=label_weakening_pointwise or model.view=pointwise, or choose another."
            )

    def known_positives(self) -> Positives:
        """Return the positives, found in the targets where the data does not name them."""
        if self.positives is not None:
            return self.positives
        return Positives(*((self.targets > 0) & self.mask).nonzero(as_tuple=True))


def not_finite(scores: Tensor, mask: Tensor) -> Tensor:
    """Return the rows in which a candidate's score is NaN or infinite, bool [B]."""
    return (~torch.isfinite(scores) & mask).any(-1)


def check_finite(scores: Tensor, mask: Tensor) -> None:
    """Stop when a candidate's score is NaN or infinite.

    Args:
        scores: scores, [B, C].
        mask: True where the slot holds a candidate, [B, C]; other slots may hold anything.

    Raises:
        FloatingPointError: the message names the rows.
    """
    bad = not_finite(scores, mask)
    if bad.any():
        rows = bad.nonzero().flatten().tolist()
        raise FloatingPointError(
            f"scores are NaN or infinite in rows {rows} of the batch; lower the learning rate or "
            "check the inputs."
        )
