"""Candidate lists: the form in which the formulas are written.

A query with several positives gives one list per positive, without the other positives, and its
loss is the average over these lists: every positive must win on its own.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from losses.candidates import Candidates, Positives
from losses.loss import Decisions, LossOutput


@dataclass(frozen=True, eq=False)
class CandidateLists:
    """L lists with their prediction; lists that do not compete count for nothing.

    Outside a list scores and log-probabilities are the smallest finite numbers, so p is 0 there and
    0 times anything stays 0. What a formula makes of a list that does not compete is ignored.

    Attributes:
        batch: the candidates that the lists come from.
        positives: row and column of the positive of each list.
        competes: lists with a positive and somebody to compete with, [L].
        mask: candidates of the list, [L, C].
        positive: its labelled candidates, [L, C].
        scores: scores z, [L, C].
        log_p: log-softmax of the scores over the list, [L, C].
    """

    batch: Candidates
    positives: Positives
    competes: Tensor
    mask: Tensor
    positive: Tensor
    scores: Tensor
    log_p: Tensor

    @cached_property
    def n(self) -> Tensor:
        """Number of candidates, [L]."""
        return self.mask.sum(-1, dtype=self.scores.dtype)

    @cached_property
    def log_p_y(self) -> Tensor:
        """Log-probability of the positive, [L]."""
        return self.of_positive(self.log_p)

    @cached_property
    def mean_log_p(self) -> Tensor:
        """Mean of log p_i over the list, [L]."""
        return self.sum(self.log_p) / self.n

    @cached_property
    def rivals(self) -> Tensor:
        """Candidates besides the positives, [L, C]."""
        return self.mask & ~self.positive

    @cached_property
    def teacher(self) -> Tensor:
        """Scores of the teacher, arranged like `scores`, [L, C]."""
        return outside(self.arrange(self.batch.known_teacher()), self.mask)

    @cached_property
    def lists_per_query(self) -> Tensor:
        """Number of lists of each query, [B]."""
        return self.total(torch.ones_like(self.scores[:, 0]))

    def of_positive(self, values: Tensor) -> Tensor:
        """Return the positive's entry of `values` [L, C], [L]."""
        return values.gather(-1, self.positives.column[:, None]).squeeze(-1)

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of `values` [L, C] over each list, [L]."""
        return torch.where(self.mask, values, 0.0).sum(-1)

    def mean_over_rivals(self, values: Tensor) -> Tensor:
        """Return the mean of `values` [L, C] over the rivals of each positive, [L]."""
        return torch.where(self.rivals, values, 0.0).sum(-1) / self.rivals.sum(-1)

    def arrange(self, values: Tensor) -> Tensor:
        """Return another quantity [B, C] of the batch, one row per list, [L, C]."""
        return self.positives.in_rows(values)

    def log_softmax(self, values: Tensor) -> Tensor:
        """Return the log-softmax of other scores [B, C] over each list, [L, C]."""
        return outside(self.arrange(values), self.mask).log_softmax(-1)

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of `values` [..., L] over the lists of each query, [..., B]."""
        counted = torch.where(self.competes, values, 0.0)
        return self.positives.total(counted, len(self.batch.scores))

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of `values` [..., L] over the lists of each query, [..., B]."""
        return self.total(values) / self.lists_per_query.clamp(min=1)

    def mean_of_pairs(self, values: Tensor) -> Tensor:
        """Return the mean over all pairs of a query, given the mean of each list [L], [B]."""
        pairs = self.rivals.sum(-1, dtype=values.dtype)
        return self.total(values * pairs) / self.total(pairs).clamp(min=1)

    def output(self, values: Tensor, decisions: Decisions | None = None) -> LossOutput:
        """Return the output of a loss with these values and decisions of the lists, [L] each."""
        if decisions is not None:
            each = torch.stack([x.to(values.dtype) for x in decisions if x is not None])
            decisions = Decisions(*self.mean(each))
        return LossOutput(self.mean(values), self.lists_per_query > 0, decisions)


def outside(values: Tensor, mask: Tensor) -> Tensor:
    """Return the values, with the smallest finite number and no gradient outside the mask."""
    return torch.where(mask, values, torch.finfo(values.dtype).min)


def log_sum(values: Tensor, mask: Tensor) -> Tensor:
    """Return the logarithm of the sum of e^values over the mask [L, C], -inf over nothing, [L].

    The exponential of -inf is exact and fast, that of large negative numbers slow on CPUs.
    """
    return torch.where(mask, values, -torch.inf).logsumexp(-1)


def positive_lists(batch: Candidates) -> CandidateLists:
    """Return one list for every positive: itself and all candidates that are no positives."""
    positives = batch.known_positives()
    rivals = positives.in_rows(batch.mask & (batch.targets <= 0))
    return _with_own(batch, positives, rivals)


def graded_lists(batch: Candidates) -> CandidateLists:
    """Return one list for every positive: itself and all candidates of a lower grade."""
    positives = batch.known_positives()
    grades = positives.in_rows(batch.targets)
    lower = grades < grades.gather(-1, positives.column[:, None])
    return _with_own(batch, positives, positives.in_rows(batch.mask) & lower)


def whole_lists(batch: Candidates) -> CandidateLists:
    """Return the whole row for every positive, so that all lists of a query are equal.

    The column is that of the best grade.
    """
    positives = batch.known_positives()
    mask = positives.in_rows(batch.mask)
    grades = torch.where(mask, positives.in_rows(batch.targets), 0.0)
    competes = (mask.sum(-1) > 1) & mask.gather(-1, positives.column[:, None]).squeeze(-1)
    best = positives._replace(column=grades.argmax(-1))
    return _lists(batch, best, competes, mask, grades > 0)


def row_lists(batch: Candidates) -> CandidateLists:
    """Return every row as a list without a positive, for losses that look at no label."""
    mask, nobody = batch.mask, torch.zeros_like(batch.mask)
    column = torch.zeros_like(mask[:, 0], dtype=torch.int64)
    return _lists(batch, Positives(None, column), mask.sum(-1) > 1, mask, nobody)


def _with_own(batch: Candidates, positives: Positives, rivals: Tensor) -> CandidateLists:
    column = positives.column[:, None]
    positive = torch.zeros_like(rivals).scatter(-1, column, value=True)
    candidate = positives.in_rows(batch.mask).gather(-1, column).squeeze(-1)
    competes = rivals.any(-1) & candidate
    return _lists(batch, positives, competes, positive | rivals, positive)


def _lists(
    batch: Candidates, positives: Positives, competes: Tensor, mask: Tensor, positive: Tensor
) -> CandidateLists:
    mask = mask & competes[:, None]
    scores = outside(positives.in_rows(batch.scores), mask)
    log_p = scores.log_softmax(-1)
    return CandidateLists(batch, positives, competes, mask, positive, scores, log_p)
