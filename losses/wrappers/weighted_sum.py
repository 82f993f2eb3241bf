"""Weighted sums of losses, so that a combined loss is a few lines of configuration."""

from collections.abc import Sequence
from functools import reduce
from typing import TypedDict

import torch
from torch import nn

from errors import InputError
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput
from losses.parameters import Parameter

WEIGHT = Parameter("weight of the term", "[0, inf)")


class Term(TypedDict):
    """One term of a weighted sum."""

    weight: float
    loss: Loss


class WeightedSum(Loss):
    r"""Weighted sum :math:`\sum_k w_k L_k` of losses on the same candidates.

    Args:
        terms: the terms, each a weight at least 0 and a loss.

    Raises:
        InputError: there are no terms, or two that want different teachers.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        if not terms:
            raise InputError("loss.terms is empty; give at least one {weight, loss}.")
        self.weights = [
            WEIGHT.check(f"loss.terms[{i}].weight", term["weight"], float)
            for i, term in enumerate(terms)
        ]
        self.losses = nn.ModuleList(term["loss"] for term in terms)
        self.min_candidates = max(term["loss"].min_candidates for term in terms)
        _ = self.needs  # refuses two teachers

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query, with the decisions of the first term that makes any."""
        outputs = [loss(batch) for loss in self.losses]
        values = [
            weight * output.values for weight, output in zip(self.weights, outputs, strict=True)
        ]
        decisions = (output.decisions for output in outputs if output.decisions is not None)
        return LossOutput(
            reduce(torch.add, values),
            reduce(torch.logical_or, [output.counted for output in outputs]),
            next(decisions, None),
        )

    def check_list(self, candidates: int) -> None:
        """Check every term; see `Loss.check_list`."""
        super().check_list(candidates)
        for loss in self.losses:
            assert isinstance(loss, Loss)
            loss.check_list(candidates)
