"""Passive losses: they only raise the positive's probability and are bounded. Two are scaled copies of 1 - p_y and keep its symmetry."""

import math

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def mean_absolute_error(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Half the L1 distance between prediction and label.

    .. math:: L = 1 - p_y

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, [B]; summed over all n possible labels it is n - 1.

    Reference:
        A. Ghosh, H. Kumar, P. S. Sastry. Robust Loss Functions under Label Noise for Deep Neural
        Networks. AAAI 2017.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(-lists.log_likelihood.expm1())


def reverse_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, clamp: float = 1e-4
) -> Tensor:
    r"""Cross-entropy with prediction and label exchanged, the label's zeros clamped.

    .. math:: L = -\log(c) \, (1 - p_y)

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        clamp: Probability c that stands for the zeros of the label, in (0, 1).

    Returns:
        Loss of each query, [B]; summed over all n possible labels it is -(n - 1) log c.

    Reference:
        Y. Wang et al. Symmetric Cross Entropy for Robust Learning with Noisy Labels. ICCV 2019.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(math.log(clamp) * lists.log_likelihood.expm1())


class MeanAbsoluteError(Loss):
    """Half the L1 distance between prediction and label; see `mean_absolute_error`."""

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return mean_absolute_error(batch.scores, batch.targets, batch.mask)


class ReverseCrossEntropy(Loss):
    """Reverse cross-entropy; see `reverse_cross_entropy`.

    Args:
        clamp: Probability that stands for the zeros of the label, in (0, 1).
    """

    def __init__(self, clamp: float = 1e-4) -> None:
        super().__init__()
        self.clamp = check_number("clamp", clamp, above=0, below=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return reverse_cross_entropy(batch.scores, batch.targets, batch.mask, clamp=self.clamp)
