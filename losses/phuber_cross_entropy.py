"""Partially Huberised cross-entropy (PHuber-CE): linear where cross-entropy would explode."""

import math

import torch
from torch import Tensor

from errors import InputError
from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def phuber_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, tau: float = 10.0
) -> Tensor:
    r"""Cross-entropy continued by its tangent below p_y = 1/tau.

    .. math:: L = -\log p_y \text{ if } p_y > 1/\tau, \text{ else } -\tau p_y + \log \tau + 1

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        tau: Largest slope, above 1.

    Returns:
        Loss of each query, [B].

    Reference:
        A. K. Menon et al. Can Gradient Clipping Mitigate Label Noise? ICLR 2020.
    """
    lists = positive_lists(scores, targets, mask)
    log_p = lists.log_likelihood
    p = log_p.exp()
    return lists.average(torch.where(p > 1 / tau, -log_p, -tau * p + math.log(tau) + 1))


class PHuberCrossEntropy(Loss):
    """Partially Huberised cross-entropy; see `phuber_cross_entropy`.

    Args:
        tau: Largest slope, above 1 and above the number of candidates.
    """

    def __init__(self, tau: float = 10.0) -> None:
        super().__init__()
        self.tau = check_number("tau", tau, above=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return phuber_cross_entropy(batch.scores, batch.targets, batch.mask, tau=self.tau)

    def check_list(self, candidates: int) -> None:
        """An even prediction must lie in the logarithmic part; see `Loss.check_list`."""
        super().check_list(candidates)
        if self.tau <= candidates:
            raise InputError(
                f"loss.tau is {self.tau:g}, but lists of {candidates} candidates need more than "
                f"{candidates}: an even prediction would already lie in the linear part and hardly "
                "train. Raise loss.tau or shorten the lists."
            )
