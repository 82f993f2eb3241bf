"""Pairwise losses: every more relevant document should score above every less relevant one."""

from typing import NamedTuple

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number


class Pairs(NamedTuple):
    """All pairs with grade g_i > g_j, one line for each more relevant document i, one column for each candidate j.

    Attributes:
        behind: z_j - z_i, how far i is behind j, [P, C].
        valid: Whether j is a candidate with a lower grade, [P, C].
        row: Row of the batch, [P].
        column: Column of i, [P].
        batch_size: Number of rows B of the batch.
    """

    behind: Tensor
    valid: Tensor
    row: Tensor
    column: Tensor
    batch_size: int

    def sum(self, values: Tensor) -> Tensor:
        """Sum of `values` [P, C] over the valid pairs of each row, [B]."""
        return values.new_zeros(self.batch_size).index_add(0, self.row, torch.where(self.valid, values, 0.0).sum(-1))

    def mean(self, values: Tensor) -> Tensor:
        """Mean of `values` [P, C] over the valid pairs of each row, 0 for a row without pairs, [B]."""
        count = values.new_zeros(self.batch_size).index_add(0, self.row, self.valid.sum(-1, dtype=values.dtype))
        return self.sum(values) / count.clamp(min=1)


def graded_pairs(scores: Tensor, targets: Tensor, mask: Tensor) -> Pairs:
    """Pairs of a more and a less relevant document; grades below 0 count as 0.

    Args:
        scores: Scores, [B, C].
        targets: Grades, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        The pairs.
    """
    grades = targets.clamp(min=0)
    row, column = ((grades > 0) & mask).nonzero(as_tuple=True)
    scores, batch_size = scores.masked_fill(~mask, 0.0), len(scores)
    if len(row) != batch_size or not torch.equal(row, torch.arange(batch_size, device=row.device)):  # not just one positive in every row
        scores, grades, mask = scores.index_select(0, row), grades.index_select(0, row), mask.index_select(0, row)
    better = column[:, None]
    valid = mask & (grades < grades.gather(-1, better))
    return Pairs(scores - scores.gather(-1, better), valid, row, column, batch_size)


def ranknet(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Pairwise logistic loss, the mean over all pairs of different grades.

    .. math:: L = \frac{1}{|\{g_i > g_j\}|} \sum_{g_i > g_j} \log(1 + e^{-(z_i - z_j)})

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, [B].

    Reference:
        C. Burges et al. Learning to Rank using Gradient Descent. ICML 2005, section 3.
    """
    pairs = graded_pairs(scores, targets, mask)
    return pairs.mean(torch.nn.functional.softplus(pairs.behind))


def hinge(scores: Tensor, targets: Tensor, mask: Tensor, *, margin: float = 1.0) -> Tensor:
    r"""Pairwise hinge loss, the mean over all pairs of different grades.

    .. math:: L = \frac{1}{|\{g_i > g_j\}|} \sum_{g_i > g_j} \max(0, \delta - (z_i - z_j))

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        margin: Margin delta in units of the scores, above 0.

    Returns:
        Loss of each query, [B].

    Reference:
        R. Herbrich, T. Graepel, K. Obermayer. Large Margin Rank Boundaries for Ordinal Regression. MIT Press 2000.
    """
    pairs = graded_pairs(scores, targets, mask)
    violation = torch.maximum(margin + pairs.behind, pairs.behind.new_zeros(()))  # at the kink its gradient is 1/2, the middle of all
    return pairs.mean(violation)


class RankNet(Loss):
    """Pairwise logistic loss; see `ranknet`."""

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return ranknet(batch.scores, batch.targets, batch.mask)


class Hinge(Loss):
    """Pairwise hinge loss; see `hinge`.

    Args:
        margin: Margin in units of the scores, above 0.
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = check_number("margin", margin, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return hinge(batch.scores, batch.targets, batch.mask, margin=self.margin)
