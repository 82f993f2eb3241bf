"""Dynamics-aware loss (DAL): fit early, become robust later."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.generalized_cross_entropy import box_cox
from losses.lists import positive_lists


def dynamics_aware(
    scores: Tensor, targets: Tensor, mask: Tensor, *, q: float = 1.5, entropy_weight: float = 1.0
) -> Tensor:
    r"""Generalised cross-entropy plus an entropy term that asks for confident predictions.

    .. math:: L = \frac{1 - p_y^q}{q} + \lambda \, \frac{-\sum_i p_i \log p_i}{q \log n}

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        q: Robustness, above 0; above 1 it goes beyond the mean absolute error.
        entropy_weight: Weight lambda of the entropy, at least 0.

    Returns:
        Loss of each query, [B].

    Reference:
        X.-C. Li et al. Dynamics-Aware Loss for Learning with Label Noise. Pattern Recognition 2023.
    """
    lists = positive_lists(scores, targets, mask)
    loss = box_cox(lists.log_likelihood, q)
    if entropy_weight > 0:
        entropy = -(lists.p * lists.finite_log_p).sum(-1)
        loss = loss + entropy_weight * entropy / (q * lists.sizes.log())
    return lists.average(loss)


class DynamicsAware(Loss):
    """Dynamics-aware loss; see `dynamics_aware`. q moves on a straight line; the entropy joins once q passes 1.

    Args:
        q_start: Robustness at the start, above 0.
        q_end: Robustness at the end, above 1 and at least q_start.
    """

    def __init__(self, q_start: float = 0.6, q_end: float = 1.5) -> None:
        super().__init__()
        self.q_start = check_number("q_start", q_start, above=0)
        self.q_end = check_number("q_end", q_end, above=1, at_least=self.q_start)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        q = self.q_start + (self.q_end - self.q_start) * self.progress
        entropy_weight = max(0.0, q - 1) / (self.q_end - 1)
        return dynamics_aware(
            batch.scores, batch.targets, batch.mask, q=q, entropy_weight=entropy_weight
        )
