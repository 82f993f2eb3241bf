"""What every loss is: one value per query, and their mean over the queries that carry supervision.

A loss file holds a pure function `(scores, targets, mask, *, parameters) -> [B]` with the
mathematics, and a thin module that stores the parameters. Shapes use one alphabet: B queries, C
candidates, L lists with exactly one positive (see `losses/lists.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from errors import InputError
from losses.labels import one_batch, read_labels

T = TypeVar("T")


class Candidates(NamedTuple):
    """The scored candidate lists of one batch.

    Attributes:
        scores: Scores, already divided by the temperature, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: True where the slot holds a candidate of the row, [B, C].
        pair_ids: Stable ids of the (query, document) pairs, -1 without one, [B, C].
        teacher: Scores of another model for the same candidates, [B, C].
    """

    scores: Tensor
    targets: Tensor
    mask: Tensor
    pair_ids: Tensor | None = None
    teacher: Tensor | None = None


class Decisions(NamedTuple):
    """What label weakening decided for each query; diagnostics only, each [B], averaged over the positives of a query.

    Attributes:
        active: 1 where the loss is above zero.
        ambiguous: 1 where a candidate besides the labelled ones became plausible.
        vacuous: 1 where every candidate is plausible.
        in_credal: 1 where the prediction already lies in the credal set and the set is not vacuous.
        plausible: Number of plausible candidates.
        confidence: Largest confidence among the candidates.
        vacuous_positives: In the pointwise view the vacuous share of a query's positive documents,
            NaN without any; else None.
        vacuous_negatives: The same of its other documents.
    """

    active: Tensor
    ambiguous: Tensor
    vacuous: Tensor
    in_credal: Tensor
    plausible: Tensor
    confidence: Tensor
    vacuous_positives: Tensor | None = None
    vacuous_negatives: Tensor | None = None


class Loss(nn.Module, ABC):
    """Abstract loss over candidate lists.

    Attributes:
        needs_pair_ids: The loss keeps state per (query, document) pair.
        needs_teacher: The loss compares with a teacher's scores.
        teacher_decay: The teacher is a moving average of the trained network's weights, with this
            decay; None: it is a run.
        needs_positive: Only rows with a positive carry supervision.
        min_candidates: Rows with fewer candidates carry none.
        needs_in_batch: The loss compares a document's queries, so that queries must share
            candidates.
        mean_over_active: The mean is over the rows whose loss is not 0, instead of over all that
            carry supervision.
        progress: Share of the training that is done, in [0, 1]; set from outside, read by
            schedules.
    """

    needs_pair_ids: bool = False
    needs_teacher: bool = False
    teacher_decay: float | None = None
    needs_positive: bool = True
    min_candidates: int = 2
    needs_in_batch: bool = False
    mean_over_active: bool = False

    def __init__(self) -> None:
        super().__init__()
        self.progress = 0.0

    @abstractmethod
    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]; exactly 0 for rows without supervision. Scores come in float32 or float64."""

    def judge(self, batch: Candidates) -> tuple[Tensor, Decisions | None]:
        """`rows`, and what they decided about the labels; to be overridden where both come out of the same work."""
        decisions = self.decide(
            batch._replace(scores=batch.scores.detach())
        )  # first, since `rows` may learn
        return self.rows(batch), decisions

    def per_row(
        self,
        scores: Tensor,
        targets: Tensor,
        mask: Tensor,
        *,
        pair_ids: Tensor | None = None,
        teacher: Tensor | None = None,
    ) -> Tensor:
        """Loss of each query, in float32 at least, whatever the precision of the scores.

        Args:
            scores: Scores, already divided by the temperature, [B, C].
            targets: Grades; above 0 is positive, [B, C].
            mask: True where the slot holds a candidate of the row, [B, C].
            pair_ids: Stable ids of the (query, document) pairs, -1 without one, [B, C].
            teacher: Scores of another model for the same candidates, [B, C].

        Returns:
            One value per query, [B]; 0 for rows without supervision.

        Raises:
            InputError: The loss needs pair ids or teacher scores and got none.
        """
        return self._in_float32(self.rows, candidates_of(scores, targets, mask, pair_ids, teacher))

    def judged(
        self,
        scores: Tensor,
        targets: Tensor,
        mask: Tensor,
        *,
        pair_ids: Tensor | None = None,
        teacher: Tensor | None = None,
    ) -> tuple[Tensor, Decisions | None]:
        """`per_row` with what it decided about the labels, for less than `per_row` and `decisions`."""
        return self._in_float32(self.judge, candidates_of(scores, targets, mask, pair_ids, teacher))

    def forward(
        self,
        scores: Tensor,
        targets: Tensor,
        mask: Tensor,
        *,
        pair_ids: Tensor | None = None,
        teacher: Tensor | None = None,
    ) -> Tensor:
        """Mean of `per_row` over the rows that carry supervision; a graph-connected 0 when there are none."""
        with one_batch():
            return self.mean(
                self.per_row(scores, targets, mask, pair_ids=pair_ids, teacher=teacher),
                targets,
                mask,
            )

    def mean(self, rows: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
        """Mean of the rows [B] that carry supervision, whether or not their loss is 0 (or `mean_over_active`); 0 when there are none."""
        if self.mean_over_active:
            return rows.sum() / rows.count_nonzero().clamp(min=1)
        if (
            read_labels(targets, mask).column is not None
        ):  # every row has its positive and a negative
            return rows.mean()
        return rows.sum() / self.supervised(targets, mask).sum().clamp(min=1)

    def supervised(self, targets: Tensor, mask: Tensor) -> Tensor:
        """Rows that carry supervision, whether or not their loss is zero, [B]."""
        rows = mask.sum(-1) >= self.min_candidates
        return (
            rows & (read_labels(targets, mask).grades.amax(-1) > 0) if self.needs_positive else rows
        )

    # a hook: most losses take every label as it is
    def decide(self, batch: Candidates) -> Decisions | None:  # noqa: ARG002
        """What the loss decides about the labels; None for a loss that takes them as they are."""
        return None

    @torch.no_grad()
    def decisions(
        self,
        scores: Tensor,
        targets: Tensor,
        mask: Tensor,
        *,
        pair_ids: Tensor | None = None,
        teacher: Tensor | None = None,
    ) -> Decisions | None:
        """What the loss decides about the labels of a batch (arguments as in `per_row`); it changes no state."""
        return self.decide(candidates_of(scores, targets, mask, pair_ids, teacher))

    def _in_float32(self, function: Callable[[Candidates], T], batch: Candidates) -> T:
        """What the function makes of a batch that has all the loss needs."""
        if self.needs_pair_ids and batch.pair_ids is None:
            raise InputError(
                f"loss: {type(self).__name__} keeps state per pair and needs pair ids; use a data "
                "source that gives them."
            )
        if self.needs_teacher and batch.teacher is None:
            raise InputError(
                f"loss: {type(self).__name__} compares with a teacher and needs its scores; name a "
                "teacher run."
            )
        if not torch.is_autocast_enabled(
            batch.scores.device.type
        ):  # to switch off what is off would take a tenth of a loss's time
            return function(batch)
        with torch.autocast(batch.scores.device.type, enabled=False):
            return function(batch)

    def check_list(self, candidates: int) -> None:
        """Check the parameters against the list size, once at start-up.

        Args:
            candidates: Number of candidates in a row.

        Raises:
            InputError: The loss cannot learn from lists of this size.
        """
        if candidates < self.min_candidates:
            raise InputError(
                f"loss: {type(self).__name__} compares candidates of one list and needs at least "
                f"{self.min_candidates}, the lists hold {candidates}; add negatives (in-batch or "
                "mined) or wrap the loss in losses.Pointwise."
            )


def candidates_of(
    scores: Tensor, targets: Tensor, mask: Tensor, pair_ids: Tensor | None, teacher: Tensor | None
) -> Candidates:
    """Candidates with everything in float32; float64 scores stay, so that tests can be exact."""
    scores = scores if scores.dtype == torch.float64 else scores.float()
    targets = targets if targets.dtype == scores.dtype else targets.to(scores.dtype)
    return Candidates(
        scores, targets, mask, pair_ids, None if teacher is None else teacher.to(scores.dtype)
    )


def check_finite(scores: Tensor, mask: Tensor) -> None:
    """Stop when a candidate's score is NaN or infinite.

    Args:
        scores: Scores, [B, C].
        mask: True where the slot holds a candidate of the row, [B, C]; other slots may hold
            anything.

    Raises:
        FloatingPointError: The message names the rows.
    """
    bad = ~torch.isfinite(scores) & mask
    if bad.any():
        rows = bad.any(-1).nonzero().flatten().tolist()
        raise FloatingPointError(
            f"scores are NaN or infinite in rows {rows} of the batch; lower the learning rate or "
            "check the inputs."
        )
