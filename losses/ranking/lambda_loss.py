"""LambdaLoss: a pairwise logistic loss, weighted by how much swapping a pair changes nDCG."""

import math
from typing import Annotated

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from losses.candidate_lists import CandidateLists, graded_lists, outside
from losses.candidates import Candidates
from losses.formula import Formula
from losses.parameters import Parameter


def lambda_loss(
    lists: CandidateLists,
    mu: Annotated[float, Parameter("weight of the tighter bound of nDCG", "[0, inf)")] = 10.0,
    sigma: Annotated[float, Parameter("slope of the logistic function", "(0, inf)")] = 1.0,
) -> Tensor:
    r"""NDCG-Loss2++.

    .. math:: L = \sum_{g_i > g_j} (\mu \delta_{ij} + \rho_{ij}) |G_i - G_j| \log_2(1 + e^{-\sigma
        (z_i - z_j)})

    G is the gain 2^g - 1 over the ideal DCG, D(r) = log2(1 + r) the discount at rank r in the
    current scores, rho = |1/D(r_i) - 1/D(r_j)| and delta = |1/D(|r_i - r_j|) - 1/D(|r_i - r_j| +
    1)|. The weights carry no gradient.

    Reference:
        X. Wang et al. The LambdaLoss Framework for Ranking Metric Optimization. CIKM 2018.
    """
    gain, rank = lists.arrange(_gains(lists.batch)), lists.arrange(_ranks(lists.batch))
    own_gain, own_rank = lists.of_positive(gain)[:, None], lists.of_positive(rank)[:, None]
    distance = (rank - own_rank).abs().clamp(min=1)
    delta = _inverse_discount(distance) - _inverse_discount(distance + 1)
    rho = (_inverse_discount(rank) - _inverse_discount(own_rank)).abs()
    weight = (mu * delta + rho) * (own_gain - gain) / math.log(2)
    ahead = lists.of_positive(lists.scores)[:, None] - lists.scores
    return lists.sum(weight * -logsigmoid(sigma * ahead))


@torch.no_grad()
def _ranks(batch: Candidates) -> Tensor:
    """Rank of each candidate by its score, 1 the best, [B, C]."""
    order = outside(batch.scores, batch.mask).argsort(dim=-1, descending=True, stable=True)
    positions = torch.arange(1, order.shape[-1] + 1, device=order.device, dtype=batch.scores.dtype)
    return torch.zeros_like(batch.scores).scatter(-1, order, positions.expand_as(batch.scores))


def _gains(batch: Candidates) -> Tensor:
    """Gain 2^g - 1 of each candidate over the ideal DCG of its row, [B, C]."""
    gain = batch.targets.clamp(min=0).masked_fill(~batch.mask, 0).exp2() - 1
    ranks = torch.arange(1, gain.shape[-1] + 1, device=gain.device, dtype=gain.dtype)
    ideal = gain.sort(dim=-1, descending=True).values * _inverse_discount(ranks)
    return gain / ideal.sum(-1, keepdim=True).clamp(min=torch.finfo(gain.dtype).tiny)


def _inverse_discount(rank: Tensor) -> Tensor:
    return (1 + rank).log2().reciprocal()


LambdaLoss = Formula(lambda_loss, lists=graded_lists, per_query=CandidateLists.total)
