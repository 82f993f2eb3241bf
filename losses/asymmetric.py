"""Asymmetric losses: robust when the right label is still the likeliest one, and easier to fit than symmetric ones."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def asymmetric_generalized_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, a: float = 0.6, q: float = 0.6
) -> Tensor:
    r"""Asymmetric generalised cross-entropy (AGCE).

    .. math:: L = \frac{(a+1)^q - (a+p_y)^q}{q}

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        a: Shift, above 0; a larger one is more robust.
        q: Power, above 0.

    Returns:
        Loss of each query, [B].

    Reference:
        X. Zhou et al. Asymmetric Loss Functions for Learning with Noisy Labels. ICML 2021.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(((a + 1) ** q - (a + lists.log_likelihood.exp()) ** q) / q)


def asymmetric_unhinged(
    scores: Tensor, targets: Tensor, mask: Tensor, *, a: float = 5.5, q: float = 3.0
) -> Tensor:
    r"""Asymmetric unhinged loss (AUL).

    .. math:: L = \frac{(a-p_y)^q - (a-1)^q}{q}

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        a: Shift, above 1; a larger one is more robust.
        q: Power, above 0.

    Returns:
        Loss of each query, [B].

    Reference:
        X. Zhou et al. Asymmetric Loss Functions for Learning with Noisy Labels. ICML 2021.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(((a - lists.log_likelihood.exp()) ** q - (a - 1) ** q) / q)


class AsymmetricGeneralizedCrossEntropy(Loss):
    """Asymmetric generalised cross-entropy; see `asymmetric_generalized_cross_entropy`.

    Args:
        a: Shift, above 0.
        q: Power, above 0.
    """

    def __init__(self, a: float = 0.6, q: float = 0.6) -> None:
        super().__init__()
        self.a = check_number("a", a, above=0)
        self.q = check_number("q", q, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return asymmetric_generalized_cross_entropy(
            batch.scores, batch.targets, batch.mask, a=self.a, q=self.q
        )


class AsymmetricUnhinged(Loss):
    """Asymmetric unhinged loss; see `asymmetric_unhinged`.

    Args:
        a: Shift, above 1.
        q: Power, above 0.
    """

    def __init__(self, a: float = 5.5, q: float = 3.0) -> None:
        super().__init__()
        self.a = check_number("a", a, above=1)
        self.q = check_number("q", q, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return asymmetric_unhinged(batch.scores, batch.targets, batch.mask, a=self.a, q=self.q)
