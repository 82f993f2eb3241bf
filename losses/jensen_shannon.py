"""Generalised Jensen-Shannon divergence between label and prediction."""

import math

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def jensen_shannon(
    scores: Tensor, targets: Tensor, mask: Tensor, *, label_weight: float = 0.5
) -> Tensor:
    r"""Jensen-Shannon divergence, scaled to lie between cross-entropy (weight to 0) and the mean absolute error (weight to 1).

    .. math:: L = \frac{\pi \, \mathrm{KL}(e_y \| m) + (1-\pi) \, \mathrm{KL}(p \| m)}{-(1-\pi)
    \log(1-\pi)}, \quad m = \pi e_y + (1-\pi) p

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        label_weight: Weight pi of the label, in (0, 1).

    Returns:
        Loss of each query, [B].

    Reference:
        E. Englesson, H. Azizpour. Generalized Jensen-Shannon Divergence Loss for Learning with
        Noisy Labels. NeurIPS 2021.
    """
    lists = positive_lists(scores, targets, mask)
    log_p = lists.log_likelihood
    p, log_rest = log_p.exp(), math.log1p(-label_weight)
    log_m = torch.log(label_weight + (1 - label_weight) * p)
    to_prediction = p * (log_p - log_m) - (1 - p) * log_rest
    divergence = -label_weight * log_m + (1 - label_weight) * to_prediction
    return lists.average(divergence / (-(1 - label_weight) * log_rest))


class JensenShannon(Loss):
    """Generalised Jensen-Shannon divergence; see `jensen_shannon`.

    Args:
        label_weight: Weight of the label, in (0, 1).
    """

    def __init__(self, label_weight: float = 0.5) -> None:
        super().__init__()
        self.label_weight = check_number("label_weight", label_weight, above=0, below=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return jensen_shannon(
            batch.scores, batch.targets, batch.mask, label_weight=self.label_weight
        )
