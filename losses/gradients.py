"""Three quantities of a list with their gradients in closed form.

Most losses see a list only through the log-probability of a set of candidates. Computing its gradient directly, instead of recording every
step, lets a loss cost little more than the fused cross-entropy of torch. Slots outside a list have probability 0 and get exactly no gradient.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def log_mass(scores: Tensor, log_p: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Log P(S) = log sum_{i in S} p_i for a set S in each list.

    Args:
        scores: Scores, through which the gradient flows, [L, C].
        log_p: Their log-softmax over the list, -inf outside, [L, C].
        row: List of each member of the sets, [M].
        column: Column of each member, [M]; every list has at least one member.

    Returns:
        Log-probability of each list's set, [L].
    """
    mass: Tensor = _LogMass.apply(scores, log_p, row, column)  # type: ignore[no-untyped-call]  # torch's
    return mass


def likelihood_and_mean(scores: Tensor, log_p: Tensor, column: Tensor, mask: Tensor | None, sizes: Tensor) -> tuple[Tensor, Tensor]:
    """Log p_y of the positive and the mean of log p_i over the list.

    Args:
        scores: Scores, through which the gradient flows, [L, C].
        log_p: Their log-softmax over the list, -inf outside, [L, C].
        column: Column of the positive, [L].
        mask: Candidates of the list, [L, C]; None for all.
        sizes: Number of candidates n, [L].

    Returns:
        Both, [L] each.
    """
    both: tuple[Tensor, Tensor] = _LikelihoodAndMean.apply(scores, log_p, column[:, None], mask, sizes)  # type: ignore[no-untyped-call]  # torch's
    return both


def logistic_sum(scores: Tensor, behind: Tensor, column: Tensor) -> Tensor:
    """Sum of log(1 + e^{z_j - z_y}) over the candidates j of a list.

    Args:
        scores: Scores, through which the gradient flows, [L, C].
        behind: z_j - z_y, -inf for what does not count, [L, C].
        column: Column of y, [L].

    Returns:
        One sum for each list, [L].
    """
    total: Tensor = _LogisticSum.apply(scores, behind, column[:, None])  # type: ignore[no-untyped-call]  # torch's
    return total


class _LogMass(torch.autograd.Function):
    """Gradient to the scores: p conditioned on S, minus p."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, log_p: Tensor, row: Tensor, column: Tensor) -> Tensor:  # noqa: ANN401 - torch gives it no type
        members = log_p[row, column]
        if len(members) == len(scores):  # one member each
            mass = members
        else:
            peak = members.new_full((len(scores),), -torch.inf).scatter_reduce_(0, row, members, "amax")
            mass = peak + torch.zeros_like(peak).index_add_(0, row, (members - peak[row]).exp()).log()
        ctx.save_for_backward(log_p, row, column, mass)
        return mass

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:  # noqa: ANN401 - torch gives it no type
        log_p, row, column, mass = ctx.saved_tensors
        dense = log_p.exp().mul_(-grad[:, None])
        dense[row, column] += grad[row] * (log_p[row, column] - mass[row]).exp()
        return dense, None, None, None


class _LikelihoodAndMean(torch.autograd.Function):
    """Gradients to the scores: 1[i = y] - p_i and 1/n - p_i."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch gives it no type
        scores: Tensor,
        log_p: Tensor,
        column: Tensor,
        mask: Tensor | None,
        sizes: Tensor,
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(log_p, column, mask, sizes)
        total = (log_p if mask is None else torch.where(mask, log_p, 0.0)).sum(-1)
        return log_p.gather(-1, column).squeeze(-1), total / sizes

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, likelihood: Tensor, mean: Tensor) -> tuple[Tensor, None, None, None, None]:  # noqa: ANN401 - torch gives it no type
        log_p, column, mask, sizes = ctx.saved_tensors
        dense = log_p.exp().mul_(-(likelihood + mean)[:, None]).add_((mean / sizes)[:, None])
        dense = dense if mask is None else torch.where(mask, dense, 0.0)
        return dense.scatter_add_(-1, column, likelihood[:, None]), None, None, None, None


class _LogisticSum(torch.autograd.Function):
    """Gradient to the scores: sigmoid(z_j - z_y) for each j, minus their sum for y."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, behind: Tensor, column: Tensor) -> Tensor:  # noqa: ANN401, ARG004 - torch gives it no type
        ctx.save_for_backward(behind, column)
        return torch.nn.functional.softplus(behind).sum(-1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401 - torch gives it no type
        behind, column = ctx.saved_tensors
        dense = behind.sigmoid().mul_(grad[:, None])
        return dense.scatter_add_(-1, column, -dense.sum(-1, keepdim=True)), None, None
