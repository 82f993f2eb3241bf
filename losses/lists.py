"""Candidate lists with one positive: the form in which most losses are written.

A query with several positives gives one list per positive, without the other positives, and its
loss is the average over these lists: every positive must win by itself. A batch with one positive
in every row, the usual case, is used as it is and nothing is copied.
"""

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from losses.labels import once, read_labels

SMALLEST = 1e-30  # of smaller probabilities a float32 has no good logarithm or reciprocal


class Prediction:
    """The softmax of candidate lists without gradient, the positive apart from its rivals.

    Logarithms are exact where the probability itself is 0 in floating point, by log p_i = (z_i -
    peak) + log_peak, and worked out when asked for.

    Args:
        scores: Scores z, -inf outside the list, [L, C].
        column: Column of the positive, [L].

    Attributes:
        p: Probabilities of the rivals, 0 for the positive and outside the list, [L, C].
        own: Probability of the positive, [L, 1].
    """

    def __init__(self, scores: Tensor, column: Tensor) -> None:
        self._scores = scores.detach()
        self._place = column.unsqueeze(-1)
        self.p = self._scores.softmax(-1)
        self.own = self.p.gather(-1, self._place)
        self.p.scatter_(-1, self._place, 0.0)

    @cached_property
    def rival(self) -> Tensor:
        """Largest probability of a rival, [L, 1]."""
        return self.p.amax(-1, keepdim=True)

    @cached_property
    def log_peak(self) -> Tensor:
        """Largest log-probability, [L, 1]."""
        return torch.maximum(self.own, self.rival).log_()

    @cached_property
    def log_own(self) -> Tensor:
        """Log-probability of the positive, [L, 1]."""
        if len(self.own) == 0 or self.own.amin().item() > SMALLEST:
            return self.own.log()
        return self._scores.gather(-1, self._place).sub_(self._peak).add_(self.log_peak)

    def log_p(self) -> Tensor:
        """Log-probabilities to the precision of the scores, -inf outside the list, [L, C]."""
        return self._scores - (self._peak - self.log_peak)

    @cached_property
    def _peak(self) -> Tensor:
        return self._scores.amax(-1, keepdim=True)


class Members(NamedTuple):
    """Candidates that belong to a set besides the (best) positive of each list.

    Attributes:
        marks: Above 0 for these candidates, 0 for the others, [L, C].
        p: Their probabilities, in units of e^log_unit, 0 for the others, [L, C].
        log_unit: Logarithm of a unit that keeps the probabilities representable, [L, 1]; None: they
            are in units of 1.
    """

    marks: Tensor
    p: Tensor
    log_unit: Tensor | None = None


class Lists:
    """Candidate lists to be normalised by a softmax.

    Attributes:
        raw: Scores, anything outside the list, [L, C].
        scores: Scores, -inf outside the list, [L, C].
        mask: Candidates of the list, [L, C].
        column: Column of the positive, the best graded where there are several, [L].
        row: Row of the batch that the list comes from, [L]; None where list i is row i of the
            batch.
        batch_size: Number of rows B of the batch.
        full: Whether the mask is True everywhere, which saves most of the work.
        positives: All positives where a list may have several, [L, C]; None where `column` is the
            only one.
    """

    def __init__(
        self,
        raw: Tensor,
        mask: Tensor,
        column: Tensor,
        row: Tensor | None,
        batch_size: int,
        *,
        full: bool,
        positives: Tensor | None = None,
    ) -> None:
        self.raw = raw
        self.scores = raw if full else torch.where(mask, raw, -torch.inf)
        self.mask = mask
        self.column = column
        self.row = row
        self.batch_size = batch_size
        self.full = full
        self.positives = positives

    @cached_property
    def log_p(self) -> Tensor:
        """Log-softmax of the scores, -inf outside the list, [L, C]."""
        return self.scores.log_softmax(-1)

    @cached_property
    def finite_log_p(self) -> Tensor:
        """Log-softmax of the scores, 0 outside the list, where it would be multiplied by p = 0, [L, C]."""
        return self.log_p if self.full else torch.where(self.mask, self.log_p, 0.0)

    @cached_property
    def p(self) -> Tensor:
        """Softmax of the scores, 0 outside the list, [L, C]."""
        return self.scores.softmax(-1)

    @cached_property
    def n(self) -> int | Tensor:
        """Number of candidates: one for all where lists are full, else [L]."""
        return self.mask.shape[-1] if self.full else self.mask.sum(-1, dtype=self.raw.dtype)

    @property
    def sizes(self) -> Tensor:
        """Number of candidates n, [L]."""
        return (
            self.n if isinstance(self.n, Tensor) else self.raw.new_full(self.mask.shape[:1], self.n)
        )

    @cached_property
    def labelled(self) -> Tensor:
        """The annotated positives of the list, [L, C]."""
        if self.positives is not None:
            return self.positives
        return torch.zeros_like(self.mask).scatter_(-1, self.column.unsqueeze(-1), value=True)

    @cached_property
    def negatives(self) -> Tensor:
        """Candidates besides the positives, [L, C]."""
        return self.mask & ~self.labelled

    @cached_property
    def index(self) -> Tensor:
        """Position of each list, [L]."""
        return torch.arange(len(self.column), device=self.column.device)

    @cached_property
    def log_likelihood(self) -> Tensor:
        """Log p_y of the positive, [L]."""
        return -self.cross_entropy

    @cached_property
    def cross_entropy(self) -> Tensor:
        """-Log p_y of the positive, [L]."""
        return torch.nn.functional.nll_loss(self.log_p, self.column, reduction="none")

    @cached_property
    def sum_log_p(self) -> Tensor:
        """Sum of log p_i over the candidates of the list, [L]."""
        return self.sum(self.log_p)

    @cached_property
    def mean_log_p(self) -> Tensor:
        """Mean of log p_i over the candidates of the list, [L]."""
        return self.sum_log_p / self.n

    @cached_property
    def prediction(self) -> Prediction:
        """The softmax of the scores, without gradient."""
        return Prediction(self.scores, self.column)

    def members(self, marks: Tensor) -> Members:
        """The candidates with a mark above 0 [L, C], which must leave the (best) positive out."""
        log_p = torch.where(marks > 0, self.prediction.log_p(), -torch.inf)
        unit = log_p.amax(-1, keepdim=True).clamp_(min=torch.finfo(log_p.dtype).min)
        return Members(marks, log_p.sub_(unit).exp_(), unit)

    def log_mass(self, members: Tensor) -> Tensor:
        """Log P(S) of the candidates marked in `members` [L, C] (at least one a list), [L]."""
        row, column = members.nonzero(as_tuple=True)
        return sum_logs(self.log_p[row, column], row, len(members))

    def sum(self, values: Tensor) -> Tensor:
        """Sum of `values` [L, C] over the candidates of each list; what stands outside does not count, [L]."""
        return (values if self.full else torch.where(self.mask, values, 0.0)).sum(-1)

    def positive(self, values: Tensor) -> Tensor:
        """The positive's entry of `values` [L, C], [L]."""
        return values.gather(-1, self.column.unsqueeze(-1)).squeeze(-1)

    def within(self, values: Tensor) -> Tensor:
        """Another quantity [B, C] of the batch as constants, one row per list, -inf outside the list, [L, C]."""
        arranged = self.arrange(values.detach())
        return arranged if self.full else torch.where(self.mask, arranged, -torch.inf)

    def arrange(self, values: Tensor) -> Tensor:
        """Another quantity [B, C] of the batch, one row per list, [L, C]."""
        return values if self.row is None else values.index_select(0, self.row)

    def total(self, values: Tensor) -> Tensor:
        """Sum of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        return (
            values
            if self.row is None
            else values.new_zeros(self.batch_size).index_add(0, self.row, values)
        )

    def average(self, values: Tensor) -> Tensor:
        """Average of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        return (
            values
            if self.row is None
            else self.total(values) / self.total(torch.ones_like(values)).clamp(min=1)
        )


def sum_logs(values: Tensor, group: Tensor, groups: int) -> Tensor:
    """Logarithm of the sum of e^values [M] over each of the groups, every one with at least one member, [groups]."""
    peak = values.new_full((groups,), -torch.inf).scatter_reduce(0, group, values.detach(), "amax")
    return peak + torch.zeros_like(peak).index_add(0, group, (values - peak[group]).exp()).log()


@once
def positive_lists(scores: Tensor, targets: Tensor, mask: Tensor, *, graded: bool = False) -> Lists:
    """One list for every positive that has a candidate to compete with.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        graded: Compete with every candidate of a lower grade, not only with those that are no
            positive.

    Returns:
        The lists, those of one row side by side.
    """
    labels = read_labels(targets, mask)
    if labels.column is not None:
        return Lists(scores, mask, labels.column, None, len(scores), full=labels.full)
    grades = labels.grades.clamp(min=0)
    row, column = grades.nonzero(as_tuple=True)
    own = grades[row, column][:, None]
    competitors = mask[row] & (grades[row] < own if graded else grades[row] == 0)
    competing = competitors.any(-1)
    row, column, competitors = row[competing], column[competing], competitors[competing]
    lists = competitors.scatter(-1, column.unsqueeze(-1), value=True)
    return Lists(scores.index_select(0, row), lists, column, row, len(scores), full=False)


def labelled_lists(scores: Tensor, targets: Tensor, mask: Tensor) -> Lists:
    """One list for every row with a positive, all its positives together.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        The lists; rows with fewer than two candidates have none.
    """
    grades = read_labels(targets, mask).grades
    best, column = grades.max(-1)
    row = ((best > 0) & (mask.sum(-1) > 1)).nonzero().squeeze(-1)
    scores, mask, positives = scores.index_select(0, row), mask[row], grades[row] > 0
    return Lists(scores, mask, column[row], row, len(best), full=False, positives=positives)
