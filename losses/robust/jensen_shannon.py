"""Generalised Jensen-Shannon divergence between label and prediction."""

import math
from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def jensen_shannon(
    lists: CandidateLists,
    label_weight: Annotated[
        float,
        Parameter("near 0 is cross-entropy, near 1 the mean absolute error", "(0, 1)"),
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


JensenShannon = Formula(jensen_shannon)
