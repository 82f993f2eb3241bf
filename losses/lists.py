"""Candidate lists with one positive: the form in which most losses are written.

A query with several positives gives one list per positive, without the other positives, and its loss is the average over these lists:
every positive must win by itself. A batch with one positive in every row, the usual case, is used as it is and nothing is copied.

On a list, most losses are functions of the log-probability of a set of candidates: the positive alone, or all plausible ones. `LogMass`
computes it with its gradient in closed form, so that a loss costs about as much as the fused cross-entropy of torch.
"""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor


class LogMass(torch.autograd.Function):
    """Log P(S) = log sum_{i in S} p_i for a set S in each list; its gradient to the scores is p conditioned on S, minus p."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, log_p: Tensor, row: Tensor, column: Tensor) -> Tensor:  # noqa: ANN401 - torch gives it no type
        """Sum the members of every list.

        Args:
            ctx: Where the backward pass finds what it needs.
            scores: Scores, -inf outside the list, [L, C].
            log_p: Their log-softmax, [L, C].
            row: Row of each member, [M].
            column: Column of each member, [M]; every list has at least one member.

        Returns:
            Log-probability of each list's set, [L].
        """
        members = log_p[row, column]
        if len(members) == len(scores):  # one member each
            mass = torch.empty_like(members).index_copy_(0, row, members)
        else:
            peak = members.new_full((len(scores),), -torch.inf).scatter_reduce_(0, row, members, "amax")
            mass = peak + torch.zeros_like(peak).index_add_(0, row, (members - peak[row]).exp()).log()
        ctx.save_for_backward(log_p, row, column, mass)
        return mass

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401 - torch gives it no type
        """Gradient to the scores: grad * (p_i 1[i in S] / P - p_i)."""
        log_p, row, column, mass = ctx.saved_tensors
        within = grad[row] * (log_p[row, column] - mass[row]).exp()
        return log_p.exp().mul_(-grad[:, None]).index_put_((row, column), within, accumulate=True), None, None, None


class MeanLogProbability(torch.autograd.Function):
    """Mean of log p_i over the candidates of each list; its gradient to the scores is 1/n - p_i."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, log_p: Tensor, mask: Tensor, sizes: Tensor) -> Tensor:  # noqa: ANN401, ARG004 - see LogMass
        """Average the log-probabilities.

        Args:
            ctx: Where the backward pass finds what it needs.
            scores: Scores, -inf outside the list, [L, C].
            log_p: Their log-softmax, [L, C].
            mask: Candidates of the list, [L, C].
            sizes: Number of candidates n, [L].

        Returns:
            One mean for every list, [L].
        """
        ctx.save_for_backward(log_p, mask, sizes)
        ctx.full = bool(mask.all())
        return (log_p if ctx.full else log_p.masked_fill(~mask, 0.0)).sum(-1) / sizes

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401 - torch gives it no type
        """Gradient to the scores: grad * (1/n - p_i), exactly 0 outside the list."""
        log_p, mask, sizes = ctx.saved_tensors
        dense = log_p.exp().mul_(-grad[:, None]).add_((grad / sizes)[:, None])
        return dense if ctx.full else dense.masked_fill_(~mask, 0.0), None, None, None


def _log_mass(scores: Tensor, log_p: Tensor, row: Tensor, column: Tensor) -> Tensor:
    mass: Tensor = LogMass.apply(scores, log_p, row, column)  # type: ignore[no-untyped-call]  # torch's
    return mass


class Lists:
    """Candidate lists to be normalised by a softmax.

    Attributes:
        scores: Scores, -inf outside the list, [L, C].
        mask: Candidates of the list, [L, C].
        column: Column of the positive, the best graded where there are several, [L].
        row: Row of the batch that the list comes from, [L]; None where list i is row i of the batch.
        batch_size: Number of rows B of the batch.
    """

    def __init__(self, scores: Tensor, mask: Tensor, column: Tensor, row: Tensor | None, batch_size: int) -> None:
        self.scores = scores
        self.mask = mask
        self.column = column
        self.row = row
        self.batch_size = batch_size

    @cached_property
    def index(self) -> Tensor:
        """Position of each list, [L]."""
        return torch.arange(len(self.column), device=self.column.device)

    @cached_property
    def log_p_fixed(self) -> Tensor:
        """Log-softmax of the scores without gradient, -inf outside the list, [L, C]."""
        return self.scores.detach().log_softmax(-1)

    @cached_property
    def log_p(self) -> Tensor:
        """Log-softmax of the scores with gradient, 0 outside the list, [L, C]."""
        return self.scores.log_softmax(-1).masked_fill(~self.mask, 0.0)

    @cached_property
    def p(self) -> Tensor:
        """Softmax of the scores with gradient, 0 outside the list, [L, C]."""
        return self.scores.softmax(-1)

    @cached_property
    def sizes(self) -> Tensor:
        """Number of candidates n, [L]."""
        if self.mask.all():  # far cheaper than counting
            return self.scores.new_full(self.mask.shape[:1], self.mask.shape[-1])
        return self.mask.sum(-1, dtype=self.scores.dtype)

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
        return _log_mass(self.scores, self.log_p_fixed, self.index, self.column)

    def log_mass(self, plausible: Tensor) -> Tensor:
        """Log P(S) of the candidates marked in `plausible` [L, C] (at least one a list), [L]."""
        row, column = plausible.nonzero(as_tuple=True)
        return _log_mass(self.scores, self.log_p_fixed, row, column)

    def positive(self, values: Tensor) -> Tensor:
        """The positive's entry of `values` [L, C], [L]."""
        return values.gather(-1, self.column[:, None]).squeeze(-1)

    def mean_log_p(self) -> Tensor:
        """Mean of log p_i over the candidates of the list, [L]."""
        mean: Tensor = MeanLogProbability.apply(self.scores, self.log_p_fixed, self.mask, self.sizes)  # type: ignore[no-untyped-call]  # torch's
        return mean

    def arrange(self, values: Tensor) -> Tensor:
        """Another quantity [B, C] of the batch, one row per list, [L, C]."""
        return values if self.row is None else values.index_select(0, self.row)

    def average(self, values: Tensor) -> Tensor:
        """Average of `values` [L] over the lists of each row, 0 for a row without lists, [B]."""
        if self.row is None:
            return values
        total = values.new_zeros(self.batch_size).index_add(0, self.row, values)
        count = values.new_zeros(self.batch_size).index_add(0, self.row, torch.ones_like(values))
        return total / count.clamp(min=1)


def positive_lists(scores: Tensor, targets: Tensor, mask: Tensor) -> Lists:
    """One list for every positive that has a negative to compete with.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        The lists, those of one row side by side.
    """
    positives = (targets > 0) & mask
    row, column = positives.nonzero(as_tuple=True)
    full = bool(mask.all())
    alone = len(row) == len(scores) and bool((row == torch.arange(len(row), device=row.device)).all())
    if alone and full and mask.shape[-1] > 1:
        return Lists(scores, mask, column, None, len(scores))
    competing = (mask & ~positives).any(-1)
    if alone and competing.all():
        return Lists(scores.masked_fill(~mask, -torch.inf), mask, column, None, len(scores))
    row, column = row[competing[row]], column[competing[row]]
    lists = (mask & ~positives)[row].index_put((torch.arange(len(row), device=row.device), column), mask.new_ones(()))
    return Lists(scores.index_select(0, row).masked_fill(~lists, -torch.inf), lists, column, row, len(scores))


def labelled_lists(scores: Tensor, targets: Tensor, mask: Tensor) -> Lists:
    """One list for every row with a positive, all its positives together.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        The lists; rows with fewer than two candidates have none.
    """
    grades = targets.masked_fill(~mask, -torch.inf)
    best, column = grades.max(-1)
    labelled = (best > 0) & (mask.sum(-1) > 1)
    if labelled.all():
        return Lists(scores.masked_fill(~mask, -torch.inf), mask, column, None, len(scores))
    row = labelled.nonzero().flatten()
    return Lists(scores.index_select(0, row).masked_fill(~mask[row], -torch.inf), mask[row], column[row], row, len(scores))
