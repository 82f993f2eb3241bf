"""Candidate lists: the form in which the formulas are written.

A query with several positives gives one list per positive, without the other positives, and its
loss is the average over these lists: every positive must win on its own.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from losses.candidates import Candidates
from losses.loss import Decisions, LossOutput


class CandidateLists(NamedTuple):
    """L lists with their prediction; lists that do not compete count for nothing.

    Outside a list scores and log-probabilities are the smallest finite numbers, so p is 0 there and
    0 times anything stays 0. What a formula makes of a list that does not compete is ignored.

    Attributes:
        batch: the candidates that the lists come from.
        row: row of the batch, [L].
        column: column of the positive, [L].
        competes: lists with a positive and somebody to compete with, [L].
        mask: candidates of the list, [L, C].
        positive: its labelled candidates, [L, C].
        scores: scores z, [L, C].
        log_p: log-softmax of the scores over the list, [L, C].
    """

    batch: Candidates
    row: Tensor
    column: Tensor
    competes: Tensor
    mask: Tensor
    positive: Tensor
    scores: Tensor
    log_p: Tensor

    @property
    def n(self) -> Tensor:
        """Number of candidates, [L]."""
        return self.mask.sum(-1, dtype=self.scores.dtype)

    @property
    def log_p_y(self) -> Tensor:
        """Log-probability of the positive, [L]."""
        return self.of_positive(self.log_p)

    @property
    def mean_log_p(self) -> Tensor:
        """Mean of log p_i over the list, [L]."""
        return self.sum(self.log_p) / self.n

    @property
    def rivals(self) -> Tensor:
        """Candidates besides the positives, [L, C]."""
        return self.mask & ~self.positive

    @property
    def teacher(self) -> Tensor:
        """Scores of the teacher, arranged like `scores`, [L, C]."""
        return outside(self.arrange(self.batch.known_teacher()), self.mask)

    def of_positive(self, values: Tensor) -> Tensor:
        """Return the positive's entry of `values` [L, C], [L]."""
        return values.gather(-1, self.column[:, None]).squeeze(-1)

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum of `values` [L, C] over each list, [L]."""
        return values.masked_fill(~self.mask, 0.0).sum(-1)

    def mean_over_rivals(self, values: Tensor) -> Tensor:
        """Return the mean of `values` [L, C] over the rivals of each positive, [L]."""
        return values.masked_fill(~self.rivals, 0.0).sum(-1) / self.rivals.sum(-1)

    def arrange(self, values: Tensor) -> Tensor:
        """Return another quantity [B, C] of the batch, one row per list, [L, C]."""
        return values.index_select(0, self.row)

    def log_softmax(self, values: Tensor) -> Tensor:
        """Return the log-softmax of other scores [B, C] over each list, [L, C]."""
        return outside(self.arrange(values), self.mask).log_softmax(-1)

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of `values` [..., L] over the lists of each query, [..., B]."""
        queries = values.new_zeros(*values.shape[:-1], len(self.batch.scores))
        return queries.index_add(-1, self.row, torch.where(self.competes, values, 0.0))

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of `values` [..., L] over the lists of each query, [..., B]."""
        return self.total(values) / self.lists_per_query().clamp(min=1)

    def mean_of_pairs(self, values: Tensor) -> Tensor:
        """Return the mean over all pairs of a query, given the mean of each list [L], [B]."""
        pairs = self.rivals.sum(-1, dtype=values.dtype)
        return self.total(values * pairs) / self.total(pairs).clamp(min=1)

    def output(self, values: Tensor, decisions: Decisions | None = None) -> LossOutput:
        """Return the output of a loss with these `values` [L] of the lists."""
        return LossOutput(self.mean(values), self.lists_per_query() > 0, decisions)

    def lists_per_query(self) -> Tensor:
        """Return the number of lists of each query, [B]."""
        return self.total(torch.ones_like(self.log_p[:, 0]))


def outside(values: Tensor, mask: Tensor) -> Tensor:
    """Return the values, with the smallest finite number and no gradient outside the mask."""
    return values.masked_fill(~mask, torch.finfo(values.dtype).min)


def positive_lists(batch: Candidates) -> CandidateLists:
    """Return one list for every positive: itself and all candidates that are no positives."""
    row, column = batch.known_positives()
    rivals = batch.mask & (batch.targets <= 0)
    return _with_own(batch, row, column, rivals.index_select(0, row))


def graded_lists(batch: Candidates) -> CandidateLists:
    """Return one list for every positive: itself and all candidates of a lower grade."""
    row, column = batch.known_positives()
    grades = batch.targets.index_select(0, row)
    lower = grades < grades.gather(-1, column[:, None])
    return _with_own(batch, row, column, batch.mask.index_select(0, row) & lower)


def whole_lists(batch: Candidates) -> CandidateLists:
    """Return the whole row for every positive, so that all lists of a query are equal.

    The column is that of the best grade.
    """
    row, column = batch.known_positives()
    grades = batch.targets.masked_fill(~batch.mask, 0.0).index_select(0, row)
    mask = batch.mask.index_select(0, row)
    competes = (mask.sum(-1) > 1) & mask.gather(-1, column[:, None]).squeeze(-1)
    best, positive = grades.argmax(-1), grades > 0
    return _lists(batch, row, best, competes=competes, mask=mask, positive=positive)


def row_lists(batch: Candidates) -> CandidateLists:
    """Return every row as a list without a positive, for losses that look at no label."""
    row = torch.arange(len(batch.mask), device=batch.mask.device)
    competes, nobody = batch.mask.sum(-1) > 1, torch.zeros_like(batch.mask)
    column = torch.zeros_like(row)
    return _lists(batch, row, column, competes=competes, mask=batch.mask, positive=nobody)


def _with_own(batch: Candidates, row: Tensor, column: Tensor, rivals: Tensor) -> CandidateLists:
    positive = torch.zeros_like(rivals).scatter(-1, column[:, None], value=True)
    competes = rivals.any(-1) & batch.mask[row, column]
    mask = positive | rivals
    return _lists(batch, row, column, competes=competes, mask=mask, positive=positive)


def _lists(
    batch: Candidates,
    row: Tensor,
    column: Tensor,
    *,
    competes: Tensor,
    mask: Tensor,
    positive: Tensor,
) -> CandidateLists:
    mask = mask & competes[:, None]
    scores = outside(batch.scores.index_select(0, row), mask)
    return CandidateLists(
        batch, row, column, competes, mask, positive, scores, scores.log_softmax(-1)
    )
