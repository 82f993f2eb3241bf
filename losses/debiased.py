"""Debiased contrast: some of the sampled negatives are really positives, so subtract what they are expected to add."""

import math

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import Lists, positive_lists


def debiased_contrastive(scores: Tensor, targets: Tensor, mask: Tensor, *, tau_plus: float = 0.1, min_score: float = -20.0) -> Tensor:
    r"""Debiased contrastive loss (DCL) with N negatives.

    .. math:: L = -\log \frac{e^{z_y}}{e^{z_y} + G}, \quad
        G = \max\Big(\frac{\sum_{i \ne y} e^{z_i} - \tau^+ N e^{z_y}}{1 - \tau^+},\; N e^{z_{\min}}\Big)

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        tau_plus: Probability that a negative is really positive, in (0, 1).
        min_score: Smallest score possible, -1/T for cosines over a temperature T.

    Returns:
        Loss of each query, [B].

    Reference:
        C.-Y. Chuang et al. Debiased Contrastive Learning. NeurIPS 2020.
    """
    lists = positive_lists(scores, targets, mask)
    positive = lists.positive(lists.scores)
    log_p = lists.log_likelihood.clamp(max=-1e-7)  # at 0 its logarithm below would have no gradient; the floor holds there anyway
    ratio = torch.log(-log_p.expm1()) - log_p  # log of the negatives' sum over the positive
    return lists.average(_contrast(ratio, positive, (lists.sizes - 1).log(), tau_plus, min_score))


def hard_negative_contrastive(
    scores: Tensor, targets: Tensor, mask: Tensor, *, tau_plus: float = 0.1, beta: float = 1.0, min_score: float = -20.0
) -> Tensor:
    r"""Hard-negative contrastive loss (HCL): the debiased loss with high-scoring negatives weighing more.

    .. math:: L = -\log \frac{e^{z_y}}{e^{z_y} + G}, \quad
        G = \max\Big(\frac{\sum_{i \ne y} w_i e^{z_i} / \bar w - \tau^+ N e^{z_y}}{1 - \tau^+},\; N e^{z_{\min}}\Big), \quad
        w_i = e^{\beta z_i}

    False negatives score high and so count more, which is why the correction by tau_plus matters.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        tau_plus: Probability that a negative is really positive, in (0, 1).
        beta: Concentration on hard negatives, at least 0; 0 is the debiased loss.
        min_score: Smallest score possible, -1/T for cosines over a temperature T.

    Returns:
        Loss of each query, [B].

    Reference:
        J. Robinson et al. Contrastive Learning with Hard Negative Samples. ICLR 2021.
    """
    lists = positive_lists(scores, targets, mask)
    positive, log_count = lists.positive(lists.scores), (lists.sizes - 1).log()
    weighted = _log_sum(lists, 1 + beta) - _log_sum(lists, beta) + log_count
    return lists.average(_contrast(weighted - positive, positive, log_count, tau_plus, min_score))


def _log_sum(lists: Lists, power: float) -> Tensor:
    """Logarithm of the sum of e^{power z} over the negatives, [L]."""
    return (power * lists.scores).masked_fill(~lists.negatives, -torch.inf).logsumexp(-1)


def _contrast(ratio: Tensor, positive: Tensor, log_count: Tensor, tau_plus: float, min_score: float) -> Tensor:
    """log(1 + G / e^{z_y}) from the log-ratio of negatives to positive, without leaving log space, [L]."""
    expected = log_count + math.log(tau_plus)  # what the false negatives add, over e^{z_y}
    exceeds = ratio > expected
    difference = torch.where(exceeds, expected - ratio, -1.0)
    debiased = ratio + torch.log(-difference.expm1()) - math.log1p(-tau_plus)
    floor = log_count + min_score - positive
    return torch.nn.functional.softplus(torch.where(exceeds, torch.maximum(debiased, floor), floor))


class DebiasedContrastive(Loss):
    """Debiased contrastive loss; see `debiased_contrastive`.

    Args:
        tau_plus: Probability that a negative is really positive, in (0, 1).
        min_score: Smallest score possible, -1/T for cosines over a temperature T.
    """

    def __init__(self, tau_plus: float = 0.1, min_score: float = -20.0) -> None:
        super().__init__()
        self.tau_plus = check_number("tau_plus", tau_plus, above=0, below=1)
        self.min_score = check_number("min_score", min_score)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return debiased_contrastive(batch.scores, batch.targets, batch.mask, tau_plus=self.tau_plus, min_score=self.min_score)


class HardNegativeContrastive(Loss):
    """Hard-negative contrastive loss; see `hard_negative_contrastive`.

    Args:
        tau_plus: Probability that a negative is really positive, in (0, 1).
        beta: Concentration on hard negatives, at least 0.
        min_score: Smallest score possible, -1/T for cosines over a temperature T.
    """

    def __init__(self, tau_plus: float = 0.1, beta: float = 1.0, min_score: float = -20.0) -> None:
        super().__init__()
        self.tau_plus = check_number("tau_plus", tau_plus, above=0, below=1)
        self.beta = check_number("beta", beta, at_least=0)
        self.min_score = check_number("min_score", min_score)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return hard_negative_contrastive(
            batch.scores, batch.targets, batch.mask, tau_plus=self.tau_plus, beta=self.beta, min_score=self.min_score
        )
