"""Cross-entropy that stays finite for unlikely labels: its truncated series, or its tangent."""

import math
from typing import Annotated

import torch
from torch import Tensor

from errors import InputError
from losses.candidate_lists import CandidateLists
from losses.formula import Formula, Given
from losses.parameters import Parameter

Tau = Annotated[float, Parameter("largest slope, more than the number of candidates", "(1, inf)")]


def taylor_cross_entropy(
    lists: CandidateLists,
    order: Annotated[int, Parameter("number of terms; 1: mean absolute error", "[1, inf)")] = 2,
) -> Tensor:
    r"""Cross-entropy's Taylor series around p_y = 1, cut off.

    .. math:: L = \sum_{k=1}^{t} \frac{(1-p_y)^k}{k}

    Reference:
        L. Feng et al. Can Cross Entropy Loss Be Robust to Label Noise? IJCAI 2020.
    """
    missing = -lists.log_p_y.expm1()
    total = missing / order
    for k in range(order - 1, 0, -1):  # Horner's scheme
        total = missing * (1 / k + total)
    return total


def phuber_cross_entropy(lists: CandidateLists, tau: Tau = 10.0) -> Tensor:
    r"""Cross-entropy continued by its tangent below p_y = 1/tau (partially Huberised, PHuber-CE).

    .. math:: L = -\log p_y \text{ if } p_y > 1/\tau, \text{ else } -\tau p_y + \log \tau + 1

    Reference:
        A. K. Menon et al. Can Gradient Clipping Mitigate Label Noise? ICLR 2020.
    """
    p = lists.log_p_y.exp()
    return torch.where(p > 1 / tau, -lists.log_p_y, -tau * p + math.log(tau) + 1)


def _check_tau(given: Given, candidates: int) -> None:
    """Check that an even prediction lies in the logarithmic part."""
    if given["tau"] <= candidates:
        raise InputError(
            f"loss.tau is {given['tau']:g}, but lists of {candidates} candidates need more than "
            f"{candidates}: an even prediction would already lie in the linear part and hardly "
            "train. Raise loss.tau or shorten the lists."
        )


TaylorCrossEntropy = Formula(taylor_cross_entropy)
PHuberCrossEntropy = Formula(phuber_cross_entropy, check_list=_check_tau)
