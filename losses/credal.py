"""Distances from a prediction to a credal set: all distributions that a possibility distribution does not rule out.

With possibilities 1 on a plausible set S and alpha elsewhere the set is {q : q(S) >= 1 - alpha} and only the mass of S matters. With
several levels it is a chain of such constraints, and the projection is read off a convex hull.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from losses.lists import Lists, marked, sum_logs


def relaxed_divergence(lists: Lists, alpha: float, extra: Tensor | None = None) -> Tensor:
    r"""Smallest KL(q || p) over the distributions q with q(S) >= 1 - alpha.

    .. math:: L = (1-\alpha) \log\frac{1-\alpha}{P} + \alpha \log\frac{\alpha}{1-P} \quad\text{if } P = p(S) < 1-\alpha, \text{ else } 0

    The minimiser is q* = (1-alpha) p / P on S and alpha p / (1-P) elsewhere; by the envelope theorem the gradient to the scores is p - q*.

    Args:
        lists: L candidate lists.
        alpha: Mass that may lie outside S.
        extra: Candidates in S besides the lists' positive, [L, C]; None for none.

    Returns:
        The divergence, exactly 0 with zero gradient inside the credal set, [L].

    Reference:
        J. Lienen, E. Hüllermeier. From Label Smoothing to Label Relaxation. AAAI 2021.
    """
    members = torch.stack([lists.index, lists.column])
    if extra is not None:
        members = torch.cat([members, torch.stack(marked(extra))], dim=-1)
    divergence: Tensor = _RelaxedDivergence.apply(lists.raw, lists.log_p.detach(), members, alpha)  # type: ignore[no-untyped-call]  # torch's
    return divergence


class _RelaxedDivergence(torch.autograd.Function):
    """The divergence from the members (row, column) of the sets [2, M], with its gradient p - q* in closed form."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, log_p: Tensor, place: Tensor, alpha: float) -> Tensor:  # noqa: ANN401, ARG004
        row, column = place
        members = log_p[row, column]
        mass = sum_logs(members, row, len(log_p))
        active = mass < math.log1p(-alpha)
        rest = torch.log(-torch.where(active, mass, -1.0).expm1())  # log(1 - P)
        ctx.save_for_backward(log_p, place, active, members, mass, rest)
        ctx.alpha = alpha
        constant = (1 - alpha) * math.log1p(-alpha) + alpha * math.log(alpha)
        return torch.where(active, constant - torch.lerp(mass, rest, alpha), 0.0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401
        log_p, (row, column), active, members, mass, rest = ctx.saved_tensors
        grad = torch.where(active, grad, 0.0)
        gradient = log_p.exp().mul_((grad * (1 - ctx.alpha * (-rest).exp()))[:, None])  # outside S
        gradient[row, column] = grad[row] * (members.exp() - (1 - ctx.alpha) * (members - mass[row]).exp())
        return gradient, None, None, None


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
