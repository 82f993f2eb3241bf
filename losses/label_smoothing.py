"""Label smoothing: every candidate is a little right."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def label_smoothing(
    scores: Tensor, targets: Tensor, mask: Tensor, *, epsilon: float = 0.1
) -> Tensor:
    r"""Cross-entropy with a share of the target spread evenly over the n candidates, the positive included.

    .. math:: L = -(1-\epsilon) \log p_y - \frac{\epsilon}{n} \sum_i \log p_i

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        epsilon: Share that is spread, in [0, 1).

    Returns:
        Loss of each query, [B].

    Reference:
        C. Szegedy et al. Rethinking the Inception Architecture for Computer Vision. CVPR 2016.
    """
    lists = positive_lists(scores, targets, mask)
    log_p, mean = lists.log_likelihood, lists.mean_log_p
    return lists.average(-(1 - epsilon) * log_p - epsilon * mean)


class LabelSmoothing(Loss):
    """Label smoothing; see `label_smoothing`.

    Args:
        epsilon: Share of the target that is spread over all candidates, in [0, 1).
    """

    def __init__(self, epsilon: float = 0.1) -> None:
        super().__init__()
        self.epsilon = check_number("epsilon", epsilon, at_least=0, below=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return label_smoothing(batch.scores, batch.targets, batch.mask, epsilon=self.epsilon)
