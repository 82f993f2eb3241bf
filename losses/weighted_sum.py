"""Weighted sums of losses, so that a combined loss is a few lines of configuration."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TypedDict

from torch import Tensor, nn

from errors import InputError
from losses.base import Candidates, Decisions, Loss
from losses.checks import check_number


class Term(TypedDict):
    """One term of a weighted sum."""

    weight: float
    loss: Loss


class WeightedSum(Loss):
    r"""Weighted sum :math:`\sum_k w_k L_k` of losses on the same candidates.

    Args:
        terms: The terms, each a weight at least 0 and a loss.

    Raises:
        InputError: There are no terms, or two that want different teachers.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        if not terms:
            raise InputError("loss.terms is empty; give at least one {weight, loss}.")
        self.weights = [
            check_number(f"terms[{i}].weight", term["weight"], at_least=0)
            for i, term in enumerate(terms)
        ]
        self.losses = nn.ModuleList(term["loss"] for term in terms)
        parts = self._parts()
        self.needs_pair_ids = any(part.needs_pair_ids for part in parts)
        self.needs_teacher = any(part.needs_teacher for part in parts)
        self.teacher_decay = _one_teacher(parts)
        self.needs_in_batch = any(part.needs_in_batch for part in parts)
        self.mean_over_active = any(part.mean_over_active for part in parts)
        self.needs_positive = all(part.needs_positive for part in parts)
        self.min_candidates = max(part.min_candidates for part in parts)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return self._total([part.rows(batch) for part in self._parts()])

    def judge(self, batch: Candidates) -> tuple[Tensor, Decisions | None]:
        """One value per query, [B], and the decisions of the first term that makes any."""
        judged = [part.judge(batch) for part in self._parts()]
        return self._total([rows for rows, _ in judged]), next(
            (decisions for _, decisions in judged if decisions is not None), None
        )

    def decide(self, batch: Candidates) -> Decisions | None:
        """The decisions of the first term that makes any."""
        return next(
            (decisions for part in self._parts() if (decisions := part.decide(batch)) is not None),
            None,
        )

    def check_list(self, candidates: int) -> None:
        """Check every term; see `Loss.check_list`."""
        super().check_list(candidates)
        for part in self._parts():
            part.check_list(candidates)

    def _total(self, terms: list[Tensor]) -> Tensor:
        """Weighted sum of the terms' rows, [B]."""
        return reduce(
            add,
            (
                rows if weight == 1 else weight * rows
                for weight, rows in zip(self.weights, terms, strict=True)
            ),
        )

    def _parts(self) -> list[Loss]:
        """The losses of the terms, told how far the training is."""
        parts = [part for part in self.losses if isinstance(part, Loss)]
        for part in parts:
            if part.progress != self.progress:  # a module is slow to set
                part.progress = self.progress
        return parts


def _one_teacher(parts: list[Loss]) -> float | None:
    decays = {part.teacher_decay for part in parts if part.needs_teacher}
    if len(decays) > 1:
        raise InputError(
            "loss.terms: two terms want different teachers; a run (decay null) and a moving "
            "average do not go together."
        )
    return next(iter(decays), None)
