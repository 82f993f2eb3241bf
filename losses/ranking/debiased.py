"""Debiased contrast: some sampled negatives are really positives; subtract what they should add."""

import math
from typing import Annotated

import torch
from torch import Tensor
from torch.nn.functional import softplus

from losses.candidate_lists import CandidateLists, log_sum
from losses.formula import Formula
from losses.parameters import Parameter

TauPlus = Annotated[float, Parameter("probability that a negative is really positive", "(0, 1)")]
MinScore = Annotated[float, Parameter("smallest score possible: -1 / temperature for cosines")]


def debiased_contrastive(
    lists: CandidateLists, tau_plus: TauPlus = 0.1, min_score: MinScore = -20.0
) -> Tensor:
    r"""Debiased contrastive loss (DCL) with N negatives.

    .. math:: L = -\log \frac{e^{z_y}}{e^{z_y} + G}, \quad
        G = \max\Big(\frac{\sum_{i \ne y} e^{z_i} - \tau^+ N e^{z_y}}{1 - \tau^+},\; N
        e^{z_{\min}}\Big)

    Reference:
        C.-Y. Chuang et al. Debiased Contrastive Learning. NeurIPS 2020.
    """
    negatives = log_sum(lists.scores, lists.rivals)
    return _contrast(lists, negatives, tau_plus, min_score)


def hard_negative_contrastive(
    lists: CandidateLists,
    tau_plus: TauPlus = 0.1,
    beta: Annotated[float, Parameter("focus on hard negatives, 0 is dcl", "[0, inf)")] = 1.0,
    min_score: MinScore = -20.0,
) -> Tensor:
    r"""Hard-negative contrastive loss (HCL): the debiased loss with more weight on hard negatives.

    .. math:: L = -\log \frac{e^{z_y}}{e^{z_y} + G}, \quad
        G = \max\Big(\frac{\sum_{i \ne y} w_i e^{z_i} / \bar w - \tau^+ N e^{z_y}}{1 - \tau^+},\; N
        e^{z_{\min}}\Big), \quad w_i = e^{\beta z_i}

    False negatives score high and so count more; hence the correction by tau_plus.

    Reference:
        J. Robinson et al. Contrastive Learning with Hard Negative Samples. ICLR 2021.
    """
    hard, weight = (log_sum(power * lists.scores, lists.rivals) for power in (1 + beta, beta))
    return _contrast(lists, hard - weight + _log_n(lists), tau_plus, min_score)


def _log_n(lists: CandidateLists) -> Tensor:
    """Return the logarithm of the number of negatives, [L]."""
    return lists.rivals.sum(-1, dtype=lists.scores.dtype).log()


def _contrast(
    lists: CandidateLists, negatives: Tensor, tau_plus: float, min_score: float
) -> Tensor:
    """Return -log(e^{z_y} / (e^{z_y} + G)) from the logarithm of the negatives' sum, [L]."""
    log_y, log_n = lists.of_positive(lists.scores), _log_n(lists)
    owed = log_n + math.log(tau_plus) + log_y - negatives  # log of the share of false negatives
    left = torch.where(owed < 0, -owed.clamp(max=0).expm1(), 1.0)
    debiased = negatives + left.log() - math.log1p(-tau_plus)
    floor = log_n + min_score
    log_g = torch.where((owed < 0) & (debiased > floor), debiased, floor)
    return softplus(log_g - log_y)


DebiasedContrastive = Formula(debiased_contrastive)
HardNegativeContrastive = Formula(hard_negative_contrastive)
