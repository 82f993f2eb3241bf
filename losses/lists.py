"""Candidate lists with one positive: the form in which most losses are written.

A query with several positives gives one list per positive, without the other positives, and its loss is the average over these lists:
every positive must win by itself. A batch with one positive in every row, the usual case, is used as it is and nothing is copied.
"""

from functools import cached_property

import torch
from torch import Tensor

from losses.gradients import likelihood_and_mean, log_mass


class Lists:
    """Candidate lists to be normalised by a softmax.

    Attributes:
        raw: Scores, anything outside the list, [L, C].
        mask: Candidates of the list, [L, C].
        full: Whether the mask is True everywhere, which saves most of the work.
        column: Column of the positive, the best graded where there are several, [L].
        row: Row of the batch that the list comes from, [L]; None where list i is row i of the batch.
        batch_size: Number of rows B of the batch.
    """

    def __init__(self, raw: Tensor, mask: Tensor, column: Tensor, row: Tensor | None, batch_size: int) -> None:
        self.raw = raw
        self.mask = mask
        self.full = is_full(mask)
        self.column = column
        self.row = row
        self.batch_size = batch_size

    @cached_property
    def index(self) -> Tensor:
        """Position of each list, [L]."""
        return torch.arange(len(self.column), device=self.column.device)

    @cached_property
    def scores(self) -> Tensor:
        """Scores with gradient, -inf outside the list, [L, C]."""
        return self.raw if self.full else torch.where(self.mask, self.raw, -torch.inf)

    @cached_property
    def log_p(self) -> Tensor:
        """Log-softmax of the scores with gradient, 0 outside the list, [L, C]."""
        return self.scores.log_softmax(-1).masked_fill(~self.mask, 0.0)

    @cached_property
    def log_p_fixed(self) -> Tensor:
        """Log-softmax of the scores without gradient, -inf outside the list, [L, C]."""
        scores = self.raw.detach()
        return (scores if self.full else torch.where(self.mask, scores, -torch.inf)).log_softmax(-1)

    @cached_property
    def p(self) -> Tensor:
        """Softmax of the scores with gradient, 0 outside the list, [L, C]."""
        return self.scores.softmax(-1)

    @cached_property
    def sizes(self) -> Tensor:
        """Number of candidates n, [L]."""
        if self.full:
            return self.raw.new_full(self.mask.shape[:1], self.mask.shape[-1])
        return self.mask.sum(-1, dtype=self.raw.dtype)

    @cached_property
    def labelled(self) -> Tensor:
        """The positive, [L, C]."""
        return torch.zeros_like(self.mask).index_put_((self.index, self.column), self.mask.new_ones(()))

    @cached_property
    def negatives(self) -> Tensor:
        """Candidates besides the positive, [L, C]."""
        return self.mask & ~self.labelled

    def log_likelihood(self) -> Tensor:
        """Log p_y of the positive, [L]."""
        return log_mass(self.raw, self.log_p_fixed, self.index, self.column)

    def log_likelihood_and_mean(self) -> tuple[Tensor, Tensor]:
        """Log p_y of the positive, and the mean of log p_i over the candidates of the list, [L] each."""
        return likelihood_and_mean(self.raw, self.log_p_fixed, self.column, None if self.full else self.mask, self.sizes)

    def log_mass(self, members: Tensor) -> Tensor:
        """Log P(S) of the candidates marked in `members` [L, C] (at least one a list), [L]."""
        row, column = members.nonzero(as_tuple=True)
        return log_mass(self.raw, self.log_p_fixed, row, column)

    def positive(self, values: Tensor) -> Tensor:
        """The positive's entry of `values` [L, C], [L]."""
        return values.gather(-1, self.column[:, None]).squeeze(-1)

    def without(self, left_out: Tensor) -> "Lists":
        """The same lists without the candidates marked in `left_out` [L, C], which must not hold a positive."""
        return Lists(self.raw, self.mask & ~left_out, self.column, self.row, self.batch_size)

    def arrange(self, values: Tensor) -> Tensor:
        """Another quantity [B, C] of the batch, one row per list, [L, C]."""
        return values if self.row is None else values.index_select(0, self.row)

    def total(self, values: Tensor) -> Tensor:
        """Sum of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        return values if self.row is None else values.new_zeros(self.batch_size).index_add(0, self.row, values)

    def average(self, values: Tensor) -> Tensor:
        """Average of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        return values if self.row is None else self.total(values) / self.total(torch.ones_like(values)).clamp(min=1)


def is_full(mask: Tensor) -> bool:
    """Whether a mask is True everywhere; the smallest byte is found ten times faster than `all` on a CPU."""
    return mask.numel() == 0 or bool(mask.view(torch.uint8).amin())


def positive_lists(scores: Tensor, targets: Tensor, mask: Tensor, *, graded: bool = False) -> Lists:
    """One list for every positive that has a candidate to compete with.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        graded: Compete with every candidate of a lower grade, not only with those that are no positive.

    Returns:
        The lists, those of one row side by side.
    """
    full = is_full(mask)
    grades = targets if full else torch.where(mask, targets, 0)
    best, column = grades.max(-1)
    if _single(grades, best) and (mask.shape[-1] > 1 if full else bool((mask.sum(-1) > 1).all())):
        return Lists(scores, mask, column, None, len(scores))
    grades = grades.clamp(min=0)
    row, column = grades.nonzero(as_tuple=True)
    own = grades[row, column][:, None]
    competitors = mask[row] & (grades[row] < own if graded else grades[row] == 0)
    competing = competitors.any(-1)
    row, column, competitors = row[competing], column[competing], competitors[competing]
    lists = competitors.index_put((torch.arange(len(row), device=row.device), column), mask.new_ones(()))
    return Lists(scores.index_select(0, row), lists, column, row, len(scores))


def _single(grades: Tensor, best: Tensor) -> bool:
    """Whether every row has exactly one grade that is not 0, and that one is positive."""
    return bool(((best > 0) & (grades.sum(-1) == best)).all() and (grades.amin(-1) >= 0).all())


def labelled_lists(scores: Tensor, targets: Tensor, mask: Tensor) -> Lists:
    """One list for every row with a positive, all its positives together.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        The lists; rows with fewer than two candidates have none.
    """
    best, column = torch.where(mask, targets, 0).max(-1)
    labelled = (best > 0) & (mask.sum(-1) > 1)
    if labelled.all():
        return Lists(scores, mask, column, None, len(scores))
    row = labelled.nonzero().flatten()
    return Lists(scores.index_select(0, row), mask[row], column[row], row, len(scores))
