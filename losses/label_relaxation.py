"""Label relaxation: the label may be right up to a share alpha, which the model spreads as it likes."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.credal import relaxed_divergence
from losses.lists import positive_lists


def label_relaxation(
    scores: Tensor, targets: Tensor, mask: Tensor, *, alpha: float = 0.1
) -> Tensor:
    r"""Divergence from the prediction to the set of distributions that give the positive at least 1 - alpha.

    .. math:: L = \min_{q:\, q_y \ge 1-\alpha} \mathrm{KL}(q \,\|\, p)

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        alpha: Mass that may lie outside the positive, in (0, 1).

    Returns:
        Loss of each query, [B].

    Reference:
        J. Lienen, E. Hüllermeier. From Label Smoothing to Label Relaxation. AAAI 2021.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(relaxed_divergence(lists, alpha))


class LabelRelaxation(Loss):
    """Label relaxation; see `label_relaxation`. It is label weakening with a threshold that nothing exceeds.

    Args:
        alpha: Mass that may lie outside the positive, in (0, 1).
    """

    def __init__(self, alpha: float = 0.1) -> None:
        super().__init__()
        self.alpha = check_number("alpha", alpha, above=0, below=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return label_relaxation(batch.scores, batch.targets, batch.mask, alpha=self.alpha)
