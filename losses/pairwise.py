"""Pairwise losses: every more relevant document should score above every less relevant one."""

import math

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.closed_form import closed_form
from losses.lists import Lists, positive_lists


def pair_mean(lists: Lists, totals: Tensor) -> Tensor:
    """Mean over the pairs of each row from sums over its lists; 0 for a row without pairs.

    Args:
        lists: Lists of a document and all candidates with a lower grade, so n - 1 pairs each.
        totals: Sum over the pairs of each list, [L].

    Returns:
        One mean for each row, [B].
    """
    if isinstance(lists.n, int):  # one list a row
        return totals / (lists.n - 1)
    return lists.total(totals) / lists.total(lists.n - 1).clamp(min=1)


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
        C. Burges et al. Learning to Rank using Gradient Descent. ICML 2005.
    """
    lists = positive_lists(scores, targets, mask, graded=True)
    with torch.no_grad():
        place = lists.column.unsqueeze(-1)
        behind = lists.scores - lists.raw.gather(-1, place)
        gradient = behind.sigmoid()
        # log(1 + e^x) = max(0, x) - log(1 - m) with m the smaller of sigmoid(x) and sigmoid(-x); a
        # document is not its own pair
        smaller = 1 - gradient
        torch.minimum(smaller, gradient, out=smaller)
        total = behind.clamp_(min=0).sum(-1) - _sum_log_complement(smaller) - math.log(2)
        gradient.scatter_add_(-1, place, -gradient.sum(-1, keepdim=True))
    return pair_mean(lists, closed_form(lists.raw, total, gradient))


def _sum_log_complement(x: Tensor) -> Tensor:
    """Sum over i of log(1 - x_i), x in [0, 1/2], which is overwritten, [L, C] -> [L]; one logarithm for four, since they take the time."""
    for _ in range(2):
        first, second = x.tensor_split(2, dim=-1)  # the first may be longer by one
        first[:, : second.shape[-1]].add_(
            second.addcmul_(first[:, : second.shape[-1]], second, value=-1)
        )
        x = first
    return x.neg_().log1p_().sum(-1)


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
        R. Herbrich, T. Graepel, K. Obermayer. Large Margin Rank Boundaries for Ordinal Regression.
        MIT Press 2000.
    """
    lists = positive_lists(scores, targets, mask, graded=True)
    behind = lists.scores - lists.positive(lists.raw)[:, None]
    violation = torch.maximum(
        margin + behind, behind.new_zeros(())
    )  # at the kink its gradient is 1/2, the middle of all
    return pair_mean(lists, violation.sum(-1) - margin)  # a document is not its own pair


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
