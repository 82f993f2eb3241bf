"""Robust InfoNCE (RINCE): from InfoNCE (q to 0) to a symmetric, noise-tolerant contrast (q = 1)."""

import math
from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter

LARGEST_EXPONENT = 80.0  # e^80 is still a float32


def rince(
    lists: CandidateLists,
    q: Annotated[float, Parameter("robustness; published: 0.1, 0.6", "(0, 1]")] = 0.1,
    lam: Annotated[float, Parameter("weight of all against the positive", "(0, 1)")] = 0.01,
) -> Tensor:
    r"""Robust InfoNCE.

    .. math:: L = -\frac{e^{q z_y}}{q} + \frac{(\lambda \sum_i e^{z_i})^q}{q}

    It depends on the absolute scores, so no maximum is subtracted; exponents are cut at 80, with
    zero gradient beyond.

    Reference:
        C.-Y. Chuang et al. Robust Contrastive Learning against Noisy Views. CVPR 2022.
    """
    attraction = q * lists.of_positive(lists.scores)
    repulsion = q * (lists.scores.logsumexp(-1) + math.log(lam))
    return (_cut_exp(repulsion) - _cut_exp(attraction)) / q


def _cut_exp(exponent: Tensor) -> Tensor:
    return exponent.clamp(max=LARGEST_EXPONENT).exp()


Rince = Formula(rince)
