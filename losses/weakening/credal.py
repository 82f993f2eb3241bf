"""Distance from a prediction to a credal set of several levels.

With possibilities 1 on a plausible set S and alpha elsewhere the set is {q : q(S) >= 1 - alpha} and
only the mass of S matters (`label_weakening.relaxed_divergence`). With several levels it is a chain
of such constraints, and the projection is read off a convex hull.
"""

import torch
from torch import Tensor


def graded_divergence(log_p: Tensor, possibility: Tensor, mask: Tensor) -> Tensor:
    r"""Smallest KL(q || p) over the distributions that the possibilities pi allow, [L].

    They allow q with q({i : pi_i <= t}) <= t for every level t. The minimiser q* keeps the odds of
    p inside every hull segment (see `project`). By the envelope theorem the gradient to the scores
    is p - q*, so q* is treated as a constant.

    Args:
        log_p: log-probabilities, finite outside the list, [L, C].
        possibility: possibility pi_i in (0, 1], at least one 1 in each list, [L, C].
        mask: candidates of the list, [L, C].

    Returns:
        The divergence, exactly 0 with zero gradient inside the credal set, [L].
    """
    projection, active = project(log_p.detach(), possibility, mask)
    divergence = (torch.special.xlogy(projection, projection) - projection * log_p).sum(-1)
    return torch.where(active, divergence, 0.0)


@torch.no_grad()
def project(log_p: Tensor, possibility: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Project predictions on the credal set of a possibility distribution.

    Sort the candidates by possibility; let B_k be the predicted mass of the first k and t_k the
    possibility of the k-th. The mass that the projection gives to the first k is the greatest
    convex minorant of the points (0, 0), (B_k, t_k), (1, 1), read off at B_k: each probability is
    multiplied by the slope of its segment. The hull is found by gift wrapping, all lists at once:
    one step per hull vertex.

    Args:
        log_p: log-probabilities, [L, C].
        possibility: possibility in (0, 1], [L, C].
        mask: candidates of the list, [L, C].

    Returns:
        The projection, 0 outside the list, [L, C], and which lists it changed, [L].
    """
    level, order = possibility.double().masked_fill(~mask, 0.0).sort(dim=-1, stable=True)
    p = (
        log_p.double()
        .exp()
        .clamp(min=torch.finfo(torch.float64).tiny)
        .masked_fill(~mask, 0.0)
        .gather(-1, order)
    )
    # Masses behind a candidate, not before it: plausible candidates come last and may be tiny, so
    # the small numbers must be summed first.
    behind = torch.nn.functional.pad(p.flip(-1).cumsum(-1).flip(-1), (0, 1))
    height = torch.nn.functional.pad(level, (1, 0))
    slope = _hull_slopes(behind / behind[:, :1], height)
    projection = torch.zeros_like(p).scatter_(-1, order, slope * p / behind[:, :1])
    return projection.to(log_p.dtype), (slope != 1).any(-1)


def _hull_slopes(behind: Tensor, height: Tensor) -> Tensor:
    """Return the slopes of the convex minorant over the segments between C + 1 points, [L, C].

    `behind` is 1 minus the abscissas of the points.
    """
    lists, points = behind.shape
    position = torch.arange(points, device=behind.device)
    at = position.new_zeros(lists, 1)
    slope = behind.new_zeros(lists, points - 1)
    while (at < points - 1).any():
        width, rise = behind.gather(-1, at) - behind, height - height.gather(-1, at)
        steep = torch.where(
            (width > 0) & (position > at),
            rise / width.clamp(min=torch.finfo(width.dtype).tiny),
            torch.inf,
        )
        least = steep.amin(-1, keepdim=True)
        furthest = torch.where(steep == least, position, 0).amax(-1, keepdim=True)
        crossed = (position[:-1] >= at) & (position[:-1] < furthest)
        slope = torch.where(crossed & least.isfinite(), least, slope)
        at = torch.maximum(furthest, at)
        at = torch.where(least.isfinite(), at, points - 1)  # also for scores that are NaN
    return slope
