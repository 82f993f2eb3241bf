"""Squared error of the predicted probabilities (Brier score)."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.lists import positive_lists


def brier(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Squared distance between prediction and label, summed over the candidates.

    .. math:: L = \sum_i (p_i - 1[i = y])^2

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, in [0, 2], [B].

    Reference:
        A. Ghosh, H. Kumar, P. S. Sastry. Robust Loss Functions under Label Noise for Deep Neural
        Networks. AAAI 2017.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average((lists.p - lists.labelled.to(lists.p.dtype)).square().sum(-1))


class Brier(Loss):
    """Squared error of the predicted probabilities; see `brier`."""

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return brier(batch.scores, batch.targets, batch.mask)
