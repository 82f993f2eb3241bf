"""Bounded distances between prediction and label; two of them are symmetric."""

import math
from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def mean_absolute_error(lists: CandidateLists) -> Tensor:
    r"""Half the L1 distance between prediction and label; over all n labels it sums to n - 1.

    .. math:: L = 1 - p_y

    Reference:
        A. Ghosh, H. Kumar, P. S. Sastry. Robust Loss Functions under Label Noise for Deep Neural
        Networks. AAAI 2017.
    """
    return -lists.log_p_y.expm1()


def reverse_cross_entropy(
    lists: CandidateLists,
    clamp: Annotated[float, Parameter("stands for the zeros of the label", "(0, 1)")] = 1e-4,
) -> Tensor:
    r"""Cross-entropy with prediction and label exchanged, the label's zeros clamped.

    .. math:: L = -\log(c) \, (1 - p_y)

    Reference:
        Y. Wang et al. Symmetric Cross Entropy for Robust Learning with Noisy Labels. ICCV 2019.
    """
    return math.log(clamp) * lists.log_p_y.expm1()


def brier(lists: CandidateLists) -> Tensor:
    r"""Squared distance between prediction and label, summed over the candidates; in [0, 2].

    .. math:: L = \sum_i (p_i - 1[i = y])^2

    Reference:
        A. Ghosh, H. Kumar, P. S. Sastry. Robust Loss Functions under Label Noise for Deep Neural
        Networks. AAAI 2017.
    """
    return (lists.log_p.exp() - lists.positive.to(lists.log_p.dtype)).square().sum(-1)


def jensen_shannon(
    lists: CandidateLists,
    label_weight: Annotated[
        float, Parameter("near 0 is cross-entropy, near 1 the mean absolute error", "(0, 1)")
    ] = 0.5,
) -> Tensor:
    r"""Jensen-Shannon divergence, scaled to lie between cross-entropy and the mean absolute error.

    .. math:: L = \frac{\pi \, \mathrm{KL}(e_y \| m) + (1-\pi) \, \mathrm{KL}(p \| m)}{-(1-\pi)
        \log(1-\pi)}, \quad m = \pi e_y + (1-\pi) p

    Reference:
        E. Englesson, H. Azizpour. Generalized Jensen-Shannon Divergence Loss for Learning with
        Noisy Labels. NeurIPS 2021.
    """
    p, rest = lists.log_p_y.exp(), 1 - label_weight
    log_m = torch.log(label_weight + rest * p)
    from_label, from_prediction = -log_m, p * (lists.log_p_y - log_m) - (1 - p) * math.log(rest)
    return (label_weight * from_label + rest * from_prediction) / (-rest * math.log(rest))


MeanAbsoluteError = Formula(mean_absolute_error)
ReverseCrossEntropy = Formula(reverse_cross_entropy)
Brier = Formula(brier)
JensenShannon = Formula(jensen_shannon)
