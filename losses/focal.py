"""Focal loss: well classified examples weigh less."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def focal(
    scores: Tensor, targets: Tensor, mask: Tensor, *, gamma: float = 2.0, detach: bool = False
) -> Tensor:
    r"""Cross-entropy weighted by the missing confidence.

    .. math:: L = -(1 - p_y)^\gamma \log p_y

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        gamma: Focus, at least 0; 0 is cross-entropy.
        detach: Take the weight as a constant, as some noise papers' code does: same value, other
            gradient.

    Returns:
        Loss of each query, [B].

    Reference:
        T.-Y. Lin et al. Focal Loss for Dense Object Detection. ICCV 2017.
    """
    lists = positive_lists(scores, targets, mask)
    log_p = lists.log_likelihood
    missing = (-log_p.expm1()).clamp(min=1e-30)  # a root has no finite derivative at 0
    weight = missing**gamma
    return lists.average(-(weight.detach() if detach else weight) * log_p)


class Focal(Loss):
    """Focal loss; see `focal`.

    Args:
        gamma: Focus, at least 0.
        detach: Take the weight as a constant.
    """

    def __init__(self, gamma: float = 2.0, *, detach: bool = False) -> None:
        super().__init__()
        self.gamma = check_number("gamma", gamma, at_least=0)
        self.detach = detach

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return focal(batch.scores, batch.targets, batch.mask, gamma=self.gamma, detach=self.detach)
