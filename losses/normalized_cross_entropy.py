"""Normalised cross-entropy, the active part of the active-passive losses."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def normalized_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, reference_size: float | None = None
) -> Tensor:
    r"""Cross-entropy divided by its sum over all possible labels.

    .. math:: L = \frac{\log p_y}{\sum_i \log p_i}

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        reference_size: Multiply by n / reference_size, the list size for which the weights of a
            combined loss were chosen: the gradient shrinks with n log n and long lists would hardly
            train. None is the published loss.

    Returns:
        Loss of each query, in [0, 1] without scaling, [B]; summed over all possible labels it is 1.

    Reference:
        X. Ma et al. Normalized Loss Functions for Deep Learning with Noisy Labels. ICML 2020.
    """
    lists = positive_lists(scores, targets, mask)
    share = lists.cross_entropy / lists.sum_log_p
    return lists.average(-share if reference_size is None else share * (lists.n / -reference_size))


class NormalizedCrossEntropy(Loss):
    """Normalised cross-entropy; see `normalized_cross_entropy`.

    Args:
        reference_size: List size for which the weight was chosen, above 0; None is the published
            loss without scaling.
    """

    def __init__(self, reference_size: float | None = 10.0) -> None:
        super().__init__()
        self.reference_size = (
            None
            if reference_size is None
            else check_number("reference_size", reference_size, above=0)
        )

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return normalized_cross_entropy(
            batch.scores, batch.targets, batch.mask, reference_size=self.reference_size
        )
