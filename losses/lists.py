"""Candidate lists with one positive: the form in which most losses are written.

A query with several positives gives one list per positive, without the other positives, and its loss is the average over these lists:
every positive must win by itself. A batch with one positive in every row, the usual case, is used as it is and nothing is copied.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property

import torch
from torch import Tensor


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

    def __init__(self, raw: Tensor, mask: Tensor, column: Tensor, row: Tensor | None, batch_size: int, *, full: bool) -> None:
        self.raw = raw
        self.mask = mask
        self.column = column
        self.row = row
        self.batch_size = batch_size
        self.full = full

    @cached_property
    def scores(self) -> Tensor:
        """Scores, -inf outside the list, [L, C]."""
        return self.raw if self.full else torch.where(self.mask, self.raw, -torch.inf)

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
    def sizes(self) -> Tensor:
        """Number of candidates n, [L]."""
        if self.full:
            return self.raw.new_full(self.mask.shape[:1], self.mask.shape[-1])
        return self.mask.sum(-1, dtype=self.raw.dtype)

    @cached_property
    def labelled(self) -> Tensor:
        """The positive, [L, C]."""
        return torch.zeros_like(self.mask).scatter_(-1, self.column[:, None], value=True)

    @cached_property
    def negatives(self) -> Tensor:
        """Candidates besides the positive, [L, C]."""
        return self.mask & ~self.labelled

    @cached_property
    def index(self) -> Tensor:
        """Position of each list, [L]."""
        return torch.arange(len(self.column), device=self.column.device)

    @cached_property
    def log_likelihood(self) -> Tensor:
        """Log p_y of the positive, [L]."""
        return self.positive(self.log_p)

    @cached_property
    def mean_log_p(self) -> Tensor:
        """Mean of log p_i over the candidates of the list, [L]."""
        return self.sum(self.log_p) / self.sizes

    def log_mass(self, members: Tensor) -> Tensor:
        """Log P(S) of the candidates marked in `members` [L, C] (at least one a list), [L]."""
        row, column = members.nonzero(as_tuple=True)
        return sum_logs(self.log_p[row, column], row, len(members))

    def sum(self, values: Tensor) -> Tensor:
        """Sum of `values` [L, C] over the candidates of each list; what stands outside does not count, [L]."""
        return (values if self.full else torch.where(self.mask, values, 0.0)).sum(-1)

    def positive(self, values: Tensor) -> Tensor:
        """The positive's entry of `values` [L, C], [L]."""
        return values.gather(-1, self.column[:, None]).squeeze(-1)

    def likelihood_without(self, left_out: Tensor) -> Tensor:
        """Log-likelihood of the positive among the candidates not marked in `left_out` [L, C], [L]."""
        # A penalty that makes e^z exactly 0; unlike filling in a value, adding it costs the backward pass nothing.
        penalty = left_out.view(torch.uint8).to(self.raw.dtype).mul_(torch.finfo(self.raw.dtype).min)
        return self.positive((self.scores + penalty).log_softmax(-1))

    def arrange(self, values: Tensor) -> Tensor:
        """Another quantity [B, C] of the batch, one row per list, [L, C]."""
        return values if self.row is None else values.index_select(0, self.row)

    def total(self, values: Tensor) -> Tensor:
        """Sum of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        return values if self.row is None else values.new_zeros(self.batch_size).index_add(0, self.row, values)

    def average(self, values: Tensor) -> Tensor:
        """Average of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        return values if self.row is None else self.total(values) / self.total(torch.ones_like(values)).clamp(min=1)


def sum_logs(values: Tensor, group: Tensor, groups: int) -> Tensor:
    """Logarithm of the sum of e^values [M] over each of the groups, every one with at least one member, [groups]."""
    if len(values) == groups:  # one member each, and members come group after group
        return values
    peak = values.new_full((groups,), -torch.inf).scatter_reduce(0, group, values.detach(), "amax")
    return peak + torch.zeros_like(peak).index_add(0, group, (values - peak[group]).exp()).log()


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
    shared, key = _SHARED.get(), (id(scores), id(targets), id(mask), graded)
    if shared is None:
        return _positive_lists(scores, targets, mask, graded=graded)
    if key not in shared:
        shared[key] = _positive_lists(scores, targets, mask, graded=graded)
    return shared[key]


@contextmanager
def shared_lists() -> Iterator[None]:
    """Build the lists of the same scores, targets and mask only once within this block, for the terms of a weighted sum."""
    token = _SHARED.set({})
    try:
        yield
    finally:
        _SHARED.reset(token)


_SHARED: ContextVar[dict[tuple[int, int, int, bool], Lists] | None] = ContextVar("shared_lists", default=None)


def _positive_lists(scores: Tensor, targets: Tensor, mask: Tensor, *, graded: bool) -> Lists:
    full = is_full(mask)
    grades = targets if full else torch.where(mask, targets, 0)
    best, column = grades.max(-1)
    alone = len(best) > 0 and int(torch.count_nonzero(grades)) == len(best) and bool(best.amin() > 0)  # one positive in every row
    if alone and (mask.shape[-1] > 1 if full else bool((mask.sum(-1) > 1).all())):
        return Lists(scores, mask, column, None, len(scores), full=full)
    grades = grades.clamp(min=0)
    row, column = grades.nonzero(as_tuple=True)
    own = grades[row, column][:, None]
    competitors = mask[row] & (grades[row] < own if graded else grades[row] == 0)
    competing = competitors.any(-1)
    row, column, competitors = row[competing], column[competing], competitors[competing]
    lists = competitors.scatter(-1, column[:, None], value=True)
    return Lists(scores.index_select(0, row), lists, column, row, len(scores), full=is_full(lists))


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
        return Lists(scores, mask, column, None, len(scores), full=is_full(mask))
    row = labelled.nonzero().flatten()
    return Lists(scores.index_select(0, row), mask[row], column[row], row, len(scores), full=is_full(mask[row]))
