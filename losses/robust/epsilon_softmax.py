"""Epsilon-softmax: a loss of predictions that are pushed towards their own maximum."""

from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def epsilon_softmax(
    lists: CandidateLists,
    m: Annotated[float, Parameter("how far the maximum is raised", "[0, inf)")] = 1e5,
    alpha: Annotated[float, Parameter("weight of the cross-entropy", "[0, inf)")] = 0.01,
    beta: Annotated[float, Parameter("weight of the absolute error", "[0, inf)")] = 5.0,
) -> Tensor:
    r"""Cross-entropy and mean absolute error of a prediction whose maximum is raised.

    .. math:: L = -\alpha \log p'_y + \beta (1 - p'_y), \qquad p' = \frac{p + m \, 1[\arg\max p]}{m
        + 1}

    The place of the maximum is taken without gradient. Defaults as published for CIFAR-10 with
    symmetric noise; the absolute error is counted once here, and twice in some code.

    Reference:
        J. Wang et al. Epsilon-Softmax: Approximating One-Hot Vectors for Mitigating Label Noise.
        NeurIPS 2024.
    """
    first = lists.log_p_y >= lists.log_p.amax(-1)
    missing = -lists.log_p_y.expm1() / (m + 1)  # (1 - p_y) / (m + 1)
    raised = torch.log1p(-missing)
    lowered = lists.log_p_y - torch.log1p(torch.full_like(raised, m))
    log_p_y = torch.where(first, raised, lowered)
    return -alpha * log_p_y - beta * log_p_y.expm1()


EpsilonSoftmax = Formula(epsilon_softmax)
