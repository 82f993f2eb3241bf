"""Robust InfoNCE (RINCE): from InfoNCE (q to 0) to a symmetric, noise-tolerant contrast (q = 1)."""

import math

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists

LARGEST_EXPONENT = 80.0  # e^80 is still a float32


def rince(scores: Tensor, targets: Tensor, mask: Tensor, *, q: float = 0.1, lam: float = 0.01) -> Tensor:
    r"""Robust InfoNCE.

    .. math:: L = -\frac{e^{q z_y}}{q} + \frac{(\lambda \sum_i e^{z_i})^q}{q}

    It depends on the absolute scores, so no maximum is subtracted; exponents are cut at 80, with zero gradient beyond.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        q: Robustness, in (0, 1].
        lam: Weight lambda of the candidates against the positive, in (0, 1).

    Returns:
        Loss of each query, [B].

    Reference:
        C.-Y. Chuang et al. Robust Contrastive Learning against Noisy Views. CVPR 2022.
    """
    lists = positive_lists(scores, targets, mask)
    positive = lists.positive(lists.scores)
    everything = positive - lists.log_likelihood  # log of the sum over the list
    attraction = (q * positive).clamp(max=LARGEST_EXPONENT).exp()
    repulsion = (q * (math.log(lam) + everything)).clamp(max=LARGEST_EXPONENT).exp()
    return lists.average((repulsion - attraction) / q)


class Rince(Loss):
    """Robust InfoNCE; see `rince`.

    Args:
        q: Robustness, in (0, 1].
        lam: Weight of the candidates against the positive, in (0, 1).
    """

    def __init__(self, q: float = 0.1, lam: float = 0.01) -> None:
        super().__init__()
        self.q = check_number("q", q, above=0, at_most=1)
        self.lam = check_number("lam", lam, above=0, below=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return rince(batch.scores, batch.targets, batch.mask, q=self.q, lam=self.lam)
