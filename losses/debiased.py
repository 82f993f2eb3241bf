"""Debiased contrast: some of the sampled negatives are really positives, so subtract what they are expected to add."""

import math

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.closed_form import closed_form
from losses.lists import Lists, positive_lists


def debiased_contrastive(
    scores: Tensor,
    targets: Tensor,
    mask: Tensor,
    *,
    tau_plus: float = 0.1,
    min_score: float = -20.0,
) -> Tensor:
    r"""Debiased contrastive loss (DCL) with N negatives.

    .. math:: L = -\log \frac{e^{z_y}}{e^{z_y} + G}, \quad
        G = \max\Big(\frac{\sum_{i \ne y} e^{z_i} - \tau^+ N e^{z_y}}{1 - \tau^+},\; N
        e^{z_{\min}}\Big)

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
    with torch.no_grad():
        prediction = lists.prediction
        rest = prediction.log_own.expm1().neg_()  # 1 - p_y
        ratio = rest.log() - prediction.log_own
        pull = prediction.p, rest.clamp_(min=torch.finfo(rest.dtype).tiny).reciprocal_()
    return lists.average(_contrast(lists, ratio, pull, tau_plus, min_score))


def hard_negative_contrastive(
    scores: Tensor,
    targets: Tensor,
    mask: Tensor,
    *,
    tau_plus: float = 0.1,
    beta: float = 1.0,
    min_score: float = -20.0,
) -> Tensor:
    r"""Hard-negative contrastive loss (HCL): the debiased loss with high-scoring negatives weighing more.

    .. math:: L = -\log \frac{e^{z_y}}{e^{z_y} + G}, \quad
        G = \max\Big(\frac{\sum_{i \ne y} w_i e^{z_i} / \bar w - \tau^+ N e^{z_y}}{1 - \tau^+},\; N
        e^{z_{\min}}\Big), \quad w_i = e^{\beta z_i}

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
    with torch.no_grad():
        positive = lists.raw.gather(-1, lists.column.unsqueeze(-1))
        negatives = lists.scores.masked_fill(~lists.negatives, -torch.inf)
        largest = negatives.amax(-1, keepdim=True)
        hard, weight = (power * (negatives - largest) for power in (1 + beta, beta))
        weight = weight.masked_fill(~lists.negatives, -torch.inf)  # 0 * inf where beta is 0
        mean = hard.logsumexp(-1, keepdim=True) - weight.logsumexp(-1, keepdim=True) + largest
        pull = (1 + beta) * hard.softmax(-1) - beta * weight.softmax(-1)
        ratio = mean - positive + _log_count(lists)
    return lists.average(_contrast(lists, ratio, (pull, 1.0), tau_plus, min_score))


def _log_count(lists: Lists) -> float | Tensor:
    """Logarithm of the number N of negatives, one for all or [L, 1]."""
    return math.log(lists.n - 1) if isinstance(lists.n, int) else (lists.n - 1).log()[:, None]


@torch.no_grad()
def _slopes(
    ratio: Tensor, positive: Tensor, log_count: float | Tensor, tau_plus: float, min_score: float
) -> tuple[Tensor, Tensor]:
    """Logarithm of G over e^{z_y}, and its derivative by `ratio`, 0 at the floor, both [L, 1]."""
    left = (
        ((log_count + math.log(tau_plus)) - ratio).expm1_().neg_()
    )  # share of the negatives' sum that is not owed to false negatives
    debiased = left.log().add_(ratio - math.log1p(-tau_plus))  # not a number where nothing is left
    floor = (log_count + min_score) - positive
    above = debiased > floor
    return torch.where(above, debiased, floor), torch.where(above, left.reciprocal_(), 0.0)


def _contrast(
    lists: Lists,
    ratio: Tensor,
    pull: tuple[Tensor, float | Tensor],
    tau_plus: float,
    min_score: float,
) -> Tensor:
    """The loss of each list from the logarithm of the negatives' sum over e^{z_y}, [L, 1] -> [L].

    `pull` is the derivative of `ratio` to the negatives' scores, as a product of [L, C], 0 for the
    positive, and one factor for each list.
    """
    with torch.no_grad():
        place = lists.column.unsqueeze(-1)
        log_g, slope = _slopes(
            ratio, lists.raw.gather(-1, place), _log_count(lists), tau_plus, min_score
        )
        push, (shares, scale) = log_g.sigmoid(), pull
        gradient = (shares * (push * slope * scale)).scatter_(
            -1, place, -push * torch.where(slope > 0, slope, 1.0)
        )
    return closed_form(lists.raw, torch.nn.functional.softplus(log_g).squeeze(-1), gradient)


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
        return debiased_contrastive(
            batch.scores,
            batch.targets,
            batch.mask,
            tau_plus=self.tau_plus,
            min_score=self.min_score,
        )


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
            batch.scores,
            batch.targets,
            batch.mask,
            tau_plus=self.tau_plus,
            beta=self.beta,
            min_score=self.min_score,
        )
