"""Listwise losses on graded lists: the top-one and the full-order likelihood of the ideal ranking."""

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.lists import labelled_lists


def listnet(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Cross-entropy between the top-one distributions of grades and scores.

    .. math:: L = -\sum_i \mathrm{softmax}(g)_i \log p_i

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, [B].

    Reference:
        Z. Cao et al. Learning to Rank: From Pairwise Approach to Listwise Approach. ICML 2007.
    """
    lists = labelled_lists(scores, targets, mask)
    ideal = (
        lists.arrange(targets)
        .to(lists.scores.dtype)
        .masked_fill(~lists.mask, -torch.inf)
        .softmax(-1)
    )
    return lists.average(-(ideal * lists.finite_log_p).sum(-1))


def listmle(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Negative log-likelihood of the ideal order under the Plackett-Luce model; equal grades keep the order of the list.

    .. math:: L = \sum_k \Big[ \log \sum_{j \ge k} e^{z_{\pi(j)}} - z_{\pi(k)} \Big]

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, [B].

    Reference:
        F. Xia et al. Listwise Approach to Learning to Rank: Theory and Algorithm. ICML 2008.
    """
    lists = labelled_lists(scores, targets, mask)
    grades = lists.arrange(targets).masked_fill(~lists.mask, -torch.inf)
    order = grades.argsort(dim=-1, descending=True, stable=True)
    real = lists.mask.gather(-1, order)
    ordered = lists.scores.gather(-1, order).masked_fill(
        ~real, torch.finfo(lists.scores.dtype).min / 2
    )
    rest = ordered.flip(-1).logcumsumexp(-1).flip(-1)
    return lists.average((rest - ordered).masked_fill(~real, 0.0).sum(-1))


class ListNet(Loss):
    """Top-one cross-entropy; see `listnet`."""

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return listnet(batch.scores, batch.targets, batch.mask)


class ListMLE(Loss):
    """Likelihood of the ideal order; see `listmle`."""

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return listmle(batch.scores, batch.targets, batch.mask)
