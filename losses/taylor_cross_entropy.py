"""Taylor cross-entropy: the first terms of the series of -log p_y."""

from torch import Tensor

from errors import InputError
from losses.base import Candidates, Loss
from losses.lists import positive_lists


def taylor_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, order: int = 2
) -> Tensor:
    r"""Cross-entropy's Taylor series around p_y = 1, cut off.

    .. math:: L = \sum_{k=1}^{t} \frac{(1-p_y)^k}{k}

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        order: Number t of terms, at least 1; 1 is the mean absolute error, many are cross-entropy.

    Returns:
        Loss of each query, [B].

    Reference:
        L. Feng et al. Can Cross Entropy Loss Be Robust to Label Noise? IJCAI 2020.
    """
    lists = positive_lists(scores, targets, mask)
    missing = -lists.log_likelihood.expm1()
    total = missing / order
    for k in range(order - 1, 0, -1):  # Horner's scheme
        total = missing * (1 / k + total)
    return lists.average(total)


class TaylorCrossEntropy(Loss):
    """Taylor cross-entropy; see `taylor_cross_entropy`.

    Args:
        order: Number of terms, at least 1.
    """

    def __init__(self, order: int = 2) -> None:
        super().__init__()
        if not isinstance(order, int) or order < 1:
            raise InputError(f"loss.order is {order!r}; it must be a whole number, at least 1.")
        self.order = order

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return taylor_cross_entropy(batch.scores, batch.targets, batch.mask, order=self.order)
