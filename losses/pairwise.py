"""Pairwise losses: every more relevant document should score above every less relevant one."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import Lists, positive_lists


def pair_mean(lists: Lists, totals: Tensor) -> Tensor:
    """Mean over the pairs of each row from sums over its lists; 0 for a row without pairs.

    Args:
        lists: Lists of a document and all candidates with a lower grade, so n - 1 pairs each.
        totals: Sum over the pairs of each list, [L].

    Returns:
        One mean for each row, [B].
    """
    return lists.total(totals) / lists.total(lists.sizes - 1).clamp(min=1)


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
    total: Tensor = _LogisticSum.apply(lists.raw, lists.scores.detach(), lists.column[:, None])  # type: ignore[no-untyped-call]  # torch's
    return pair_mean(lists, total - math.log(2))  # a document is not its own pair


class _LogisticSum(torch.autograd.Function):
    """Sum of log(1 + e^{z_j - z_y}) over each list; its gradient is sigmoid(z_j - z_y) for every j, and minus their sum for y."""

    @staticmethod
    def forward(ctx: Any, raw: Tensor, scores: Tensor, column: Tensor) -> Tensor:  # noqa: ANN401, ARG004 - the gradient goes to raw
        behind = scores - scores.gather(-1, column)
        ctx.save_for_backward(behind, column)
        return torch.nn.functional.softplus(behind).sum(-1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        behind, column = ctx.saved_tensors
        gradient = behind.sigmoid().mul_(grad[:, None])
        return gradient.scatter_add_(-1, column, -gradient.sum(-1, keepdim=True)), None, None


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
    lists = positive_lists(scores, targets, mask, graded=True)
    behind = lists.scores - lists.positive(lists.raw)[:, None]
    violation = torch.maximum(margin + behind, behind.new_zeros(()))  # at the kink its gradient is 1/2, the middle of all
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
