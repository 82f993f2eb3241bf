"""What speaks against the labels of a batch: the confidence in every candidate, and who exceeds a threshold."""

import math
from functools import cached_property

import torch
from torch import Tensor

from losses.lists import Lists, Members

LogBeta = (
    float | Tensor
)  # logarithm of a threshold: one for all, one for each list [L, 1] or one for each candidate [L, C]


class Evidence:
    """Confidences, worked out as far as they are asked for: few lists have a candidate worth looking at.

    Args:
        lists: The lists.
        progress: Share of the training that is done, in [0, 1].
        logits: Logits whose softmax over a list is the confidence, one row per batch row, [B, C];
            None: the scores of the lists.
        own: Candidates listed for the query itself, not borrowed from the batch, [L, C]; None where
            pairs have no ids.
    """

    def __init__(
        self,
        lists: Lists,
        progress: float,
        *,
        logits: Tensor | None = None,
        own: Tensor | None = None,
    ) -> None:
        self.lists = lists
        self.progress = progress
        self.own = own
        self._logits = logits

    @cached_property
    def log_confidence(self) -> Tensor:
        """Log-confidence of each candidate, -inf outside the list, [L, C]."""
        return (
            self.lists.prediction.log_p()
            if self._logits is None
            else self.lists.within(self._logits).log_softmax(-1)
        )

    @property
    def log_positive(self) -> Tensor:
        """Log-confidence of the (best) positive, [L, 1]."""
        return (
            self.lists.prediction.log_own
            if self._logits is None
            else self.log_confidence.gather(-1, self.lists.column.unsqueeze(-1))
        )

    @property
    def log_largest(self) -> Tensor:
        """Largest log-confidence, [L, 1]."""
        return (
            self.lists.prediction.log_peak
            if self._logits is None
            else self.log_confidence.amax(-1, keepdim=True)
        )

    def excess(self, log_beta: LogBeta) -> Tensor:
        """By how much the most confident candidate that no label names exceeds the threshold, [L, 1]."""
        if self._logits is None and self.lists.positives is None and _one_each(log_beta):
            return self.lists.prediction.rival.log() - log_beta
        return (
            (self.log_confidence - log_beta)
            .masked_fill(self.lists.labelled, -torch.inf)
            .amax(-1, keepdim=True)
        )

    def doubts(self, log_beta: LogBeta) -> Members | None:
        """The candidates besides the positive that exceed the threshold, in lists with one positive; None for none."""
        if self._logits is None and isinstance(log_beta, float):
            if log_beta >= 0:
                return None
            p = torch.threshold(self.lists.prediction.p, math.exp(log_beta), 0.0)
            return Members(p, p)
        return members_above(self.lists, self.log_confidence - log_beta)


def members_above(lists: Lists, excess: Tensor) -> Members | None:
    """The candidates besides the (best) positive with an excess above 0 [L, C], which is overwritten; None for none."""
    marks = excess.scatter_(-1, lists.column.unsqueeze(-1), 0.0).clamp_(min=0).sign_()
    return lists.members(marks) if marks.any() else None


def _one_each(log_beta: LogBeta) -> bool:
    """Whether all candidates of a list have the same threshold."""
    return isinstance(log_beta, float) or log_beta.shape[-1] == 1
