"""Robust InfoNCE (RINCE): from InfoNCE (q to 0) to a symmetric, noise-tolerant contrast (q = 1)."""

import math

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.closed_form import closed_form
from losses.lists import positive_lists

LARGEST_EXPONENT = 80.0  # e^80 is still a float32


def rince(
    scores: Tensor, targets: Tensor, mask: Tensor, *, q: float = 0.1, lam: float = 0.01
) -> Tensor:
    r"""Robust InfoNCE.

    .. math:: L = -\frac{e^{q z_y}}{q} + \frac{(\lambda \sum_i e^{z_i})^q}{q}

    It depends on the absolute scores, so no maximum is subtracted; exponents are cut at 80, with
    zero gradient beyond.

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
    with torch.no_grad():
        prediction, place = lists.prediction, lists.column.unsqueeze(-1)
        positive = lists.raw.gather(-1, place)
        attraction, pull = _cut_exp(q * positive)
        repulsion, push = _cut_exp(
            q * (positive - prediction.log_own + math.log(lam))
        )  # the logarithm of the sum over the list
        values = ((repulsion - attraction) / q).squeeze(-1)
        gradient = (prediction.p * push).scatter_(-1, place, push * prediction.own - pull)
    return lists.average(closed_form(lists.raw, values, gradient))


def _cut_exp(exponent: Tensor) -> tuple[Tensor, Tensor]:
    """The exponential, constant beyond the largest exponent, and its derivative."""
    value = exponent.clamp(max=LARGEST_EXPONENT).exp_()
    return value, torch.where(exponent > LARGEST_EXPONENT, 0.0, value)


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
