"""Bootstrapping: part of the target is the model's own prediction."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def bootstrap_soft(
    scores: Tensor, targets: Tensor, mask: Tensor, *, weight: float = 0.05, detach: bool = True
) -> Tensor:
    r"""Cross-entropy with the prediction itself mixed into the target.

    .. math:: L = -(1-\lambda) \log p_y - \lambda \sum_i \mathrm{sg}(p_i) \log p_i

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        weight: Share lambda of the prediction in the target, in [0, 1].
        detach: Take the prediction in the target as a constant.

    Returns:
        Loss of each query, [B].

    Reference:
        S. Reed et al. Training Deep Neural Networks on Noisy Labels with Bootstrapping. ICLR
        workshop 2015.
    """
    lists = positive_lists(scores, targets, mask)
    belief = lists.p.detach() if detach else lists.p
    return lists.average(
        -(1 - weight) * lists.log_likelihood - weight * (belief * lists.finite_log_p).sum(-1)
    )


def bootstrap_hard(scores: Tensor, targets: Tensor, mask: Tensor, *, weight: float = 0.2) -> Tensor:
    r"""Cross-entropy with the likeliest candidate mixed into the target.

    .. math:: L = -(1-\lambda) \log p_y - \lambda \log \max_i p_i

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        weight: Share lambda of the prediction in the target, in [0, 1].

    Returns:
        Loss of each query, [B].

    Reference:
        S. Reed et al. Training Deep Neural Networks on Noisy Labels with Bootstrapping. ICLR
        workshop 2015.
    """
    lists = positive_lists(scores, targets, mask)
    likeliest = lists.log_p.gather(-1, lists.log_p.argmax(-1, keepdim=True)).squeeze(-1)
    return lists.average(-(1 - weight) * lists.log_likelihood - weight * likeliest)


class BootstrapSoft(Loss):
    """Soft bootstrapping; see `bootstrap_soft`.

    Args:
        weight: Share of the prediction in the target, in [0, 1].
        detach: Take the prediction in the target as a constant.
    """

    def __init__(self, weight: float = 0.05, *, detach: bool = True) -> None:
        super().__init__()
        self.weight = check_number("weight", weight, at_least=0, at_most=1)
        self.detach = detach

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return bootstrap_soft(
            batch.scores, batch.targets, batch.mask, weight=self.weight, detach=self.detach
        )


class BootstrapHard(Loss):
    """Hard bootstrapping; see `bootstrap_hard`.

    Args:
        weight: Share of the prediction in the target, in [0, 1].
    """

    def __init__(self, weight: float = 0.2) -> None:
        super().__init__()
        self.weight = check_number("weight", weight, at_least=0, at_most=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return bootstrap_hard(batch.scores, batch.targets, batch.mask, weight=self.weight)
