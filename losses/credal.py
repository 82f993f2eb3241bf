"""Distances from a prediction to a credal set: all distributions that a possibility distribution does not rule out.

With possibilities 1 on a plausible set S and alpha elsewhere the set is {q : q(S) >= 1 - alpha} and only the mass of S matters. With
several levels it is a chain of such constraints, and the projection is read off a convex hull.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from losses.closed_form import closed_form
from losses.lists import Lists, Prediction

SMALLEST = -80.0  # sets with a smaller log-probability are summed as logarithms: e^-80 is still a normal float32


class Members(NamedTuple):
    """Candidates that belong to a set besides the positives; few lists have any.

    Attributes:
        rows: The lists that have some, [K].
        marks: 1 for these candidates of theirs, 0 for the others, [K, C].
    """

    rows: Tensor
    marks: Tensor


def relaxed_divergence(lists: Lists, alpha: float, extra: Members | None = None) -> Tensor:
    r"""Smallest KL(q || p) over the distributions q with q(S) >= 1 - alpha.

    .. math:: L = (1-\alpha) \log\frac{1-\alpha}{P} + \alpha \log\frac{\alpha}{1-P} \quad\text{if } P = p(S) < 1-\alpha, \text{ else } 0

    The minimiser is q* = (1-alpha) p / P on S and alpha p / (1-P) elsewhere; by the envelope theorem the gradient to the scores is p - q*.

    Args:
        lists: L candidate lists.
        alpha: Mass that may lie outside S.
        extra: Candidates in S besides the lists' positive; None for none.

    Returns:
        The divergence, exactly 0 with zero gradient inside the credal set, [L].

    Reference:
        J. Lienen, E. Hüllermeier. From Label Smoothing to Label Relaxation. AAAI 2021.
    """
    with torch.no_grad():
        prediction, place = lists.prediction, lists.column[:, None]
        own = mass = prediction.log_p_at(place)  # log p_y and log P
        if extra is not None:
            joint, share = _log_mass(prediction, own, extra)
            mass = own.index_copy(0, extra.rows, joint)
        active, rest = mass < math.log1p(-alpha), -mass.expm1()
        constant = (1 - alpha) * math.log1p(-alpha) + alpha * math.log(alpha)
        divergence = torch.where(active, constant - torch.lerp(mass, rest.log(), alpha), 0.0).squeeze(-1)
        weight = torch.where(active, 1 - alpha / rest, 0.0)
        gradient = prediction.p * weight  # this is p - q* outside S; inside it is that less p / P
        if extra is not None:
            gradient.index_add_(0, extra.rows, share.mul_(-weight[extra.rows]))
        gradient.scatter_add_(-1, place, -weight * (own - mass).exp())
    return closed_form(lists.raw, divergence, gradient)


def _log_mass(prediction: Prediction, own: Tensor, extra: Members) -> tuple[Tensor, Tensor]:
    """Log P of a set, given log p_y [L, 1], for the lists with extra members, [K, 1]; and the members' shares p / P, [K, C]."""
    own, inside = own[extra.rows], prediction.p.index_select(0, extra.rows).mul_(extra.marks)
    mass = torch.logaddexp(own, inside.sum(-1, keepdim=True).log())
    if (mass > SMALLEST).all():
        return mass, inside.mul_((-mass).exp())
    log_inside = torch.where(extra.marks > 0, prediction.log_p()[extra.rows], -torch.inf)
    mass = torch.logaddexp(own, log_inside.logsumexp(-1, keepdim=True))
    return mass, (log_inside - mass).exp()


def graded_divergence(log_p: Tensor, possibility: Tensor, mask: Tensor) -> Tensor:
    r"""Smallest KL(q || p) over the distributions with q({i : pi_i <= t}) <= t for every level t of the possibilities pi.

    The minimiser q* keeps the odds of p inside every hull segment (see `project`). By the envelope theorem the gradient to the scores is
    p - q*, so q* is treated as a constant.

    Args:
        log_p: Log-probabilities, 0 outside the list, [L, C].
        possibility: Possibility pi_i in (0, 1], at least one 1 in each list, [L, C].
        mask: Candidates of the list, [L, C].

    Returns:
        The divergence, exactly 0 with zero gradient inside the credal set, [L].
    """
    projection, active = project(log_p.detach(), possibility, mask)
    divergence = (torch.special.xlogy(projection, projection) - projection * log_p).sum(-1)
    return torch.where(active, divergence, 0.0)


@torch.no_grad()
def project(log_p: Tensor, possibility: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Project predictions on the credal set of a possibility distribution.

    Sort the candidates by possibility; let B_k be the predicted mass of the first k and t_k the possibility of the k-th. The mass that
    the projection gives to the first k is the greatest convex minorant of the points (0, 0), (B_k, t_k), (1, 1), read off at B_k: each
    probability is multiplied by the slope of its segment. The hull is found by gift wrapping, all lists at once: one step per hull vertex.

    Args:
        log_p: Log-probabilities, [L, C].
        possibility: Possibility in (0, 1], [L, C].
        mask: Candidates of the list, [L, C].

    Returns:
        The projection, 0 outside the list, [L, C], and which lists it changed, [L].
    """
    level, order = possibility.double().masked_fill(~mask, 0.0).sort(dim=-1, stable=True)
    p = log_p.double().exp().clamp(min=torch.finfo(torch.float64).tiny).masked_fill(~mask, 0.0).gather(-1, order)
    # Masses behind a candidate, not before it: plausible candidates come last and may be tiny, so the small numbers must be summed first.
    behind = torch.nn.functional.pad(p.flip(-1).cumsum(-1).flip(-1), (0, 1))
    height = torch.nn.functional.pad(level, (1, 0))
    slope = _hull_slopes(behind / behind[:, :1], height)
    projection = torch.zeros_like(p).scatter_(-1, order, slope * p / behind[:, :1])
    return projection.to(log_p.dtype), (slope != 1).any(-1)


def _hull_slopes(behind: Tensor, height: Tensor) -> Tensor:
    """Slope of the convex minorant over each of the C segments between C + 1 points, [L, C]; `behind` is 1 minus their abscissa."""
    lists, points = behind.shape
    position = torch.arange(points, device=behind.device)
    at = position.new_zeros(lists, 1)
    slope = behind.new_zeros(lists, points - 1)
    while (at < points - 1).any():
        width, rise = behind.gather(-1, at) - behind, height - height.gather(-1, at)
        steep = torch.where((width > 0) & (position > at), rise / width.clamp(min=torch.finfo(width.dtype).tiny), torch.inf)
        least = steep.amin(-1, keepdim=True)
        furthest = torch.where(steep == least, position, 0).amax(-1, keepdim=True)
        crossed = (position[:-1] >= at) & (position[:-1] < furthest)
        slope = torch.where(crossed & least.isfinite(), least, slope)
        at = torch.maximum(furthest, at)
        at = torch.where(least.isinf(), points - 1, at)
    return slope
