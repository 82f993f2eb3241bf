"""LambdaLoss: pairwise logistic loss in which a pair weighs what swapping it would change in nDCG."""

import math

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def lambda_loss(
    scores: Tensor, targets: Tensor, mask: Tensor, *, mu: float = 10.0, sigma: float = 1.0
) -> Tensor:
    r"""NDCG-Loss2++.

    .. math:: L = \sum_{g_i > g_j} (\mu \delta_{ij} + \rho_{ij}) |G_i - G_j| \log_2(1 + e^{-\sigma
    (z_i - z_j)})

    G is the gain 2^g - 1 over the ideal DCG, D(r) = log2(1 + r) the discount at rank r in the
    current scores, rho = |1/D(r_i) - 1/D(r_j)| and delta = |1/D(|r_i - r_j|) - 1/D(|r_i - r_j| +
    1)|. The weights carry no gradient.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        mu: Weight of the part that bounds nDCG more tightly, at least 0.
        sigma: Slope of the logistic function, above 0.

    Returns:
        Loss of each query, [B].

    Reference:
        X. Wang et al. The LambdaLoss Framework for Ranking Metric Optimization. CIKM 2018.
    """
    lists = positive_lists(scores, targets, mask, graded=True)
    with torch.no_grad():
        gain, rank = lists.arrange(_gains(targets, mask)), lists.arrange(_ranks(scores, mask))
        own_gain, own_rank = lists.positive(gain)[:, None], lists.positive(rank)[:, None]
        distance = (rank - own_rank).abs().clamp(min=1)
        delta = _inverse_discount(distance) - _inverse_discount(distance + 1)
        rho = (_inverse_discount(rank) - _inverse_discount(own_rank)).abs()
        weight = (mu * delta + rho) * (own_gain - gain) / math.log(2)
    behind = lists.scores - lists.positive(lists.raw)[:, None]
    return lists.total((weight * torch.nn.functional.softplus(sigma * behind)).sum(-1))


def _ranks(scores: Tensor, mask: Tensor) -> Tensor:
    """Rank of each candidate by its score, 1 the best, [B, C]."""
    order = scores.masked_fill(~mask, -torch.inf).argsort(dim=-1, descending=True, stable=True)
    positions = torch.arange(
        1, scores.shape[-1] + 1, device=scores.device, dtype=scores.dtype
    ).expand_as(scores)
    return torch.zeros_like(scores).scatter(-1, order, positions)


def _gains(targets: Tensor, mask: Tensor) -> Tensor:
    """Gain 2^g - 1 of each candidate over the ideal DCG of its row, [B, C]."""
    gain = targets.clamp(min=0).masked_fill(~mask, 0).exp2() - 1
    ranks = torch.arange(1, gain.shape[-1] + 1, device=gain.device, dtype=gain.dtype)
    ideal = (gain.sort(dim=-1, descending=True).values * _inverse_discount(ranks)).sum(
        -1, keepdim=True
    )
    return gain / ideal.clamp(min=torch.finfo(gain.dtype).tiny)


def _inverse_discount(rank: Tensor) -> Tensor:
    return (1 + rank).log2().reciprocal()


class LambdaLoss(Loss):
    """NDCG-Loss2++; see `lambda_loss`.

    Args:
        mu: Weight of the part that bounds nDCG more tightly, at least 0.
        sigma: Slope of the logistic function, above 0.
    """

    def __init__(self, mu: float = 10.0, sigma: float = 1.0) -> None:
        super().__init__()
        self.mu = check_number("mu", mu, at_least=0)
        self.sigma = check_number("sigma", sigma, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return lambda_loss(batch.scores, batch.targets, batch.mask, mu=self.mu, sigma=self.sigma)
