"""Asymmetric losses: robust if right labels are the likeliest, and easier to fit than symmetric."""

import math
from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def asymmetric_generalized_cross_entropy(
    lists: CandidateLists,
    a: Annotated[float, Parameter("shift, a larger one is more robust", "(0, inf)")] = 0.6,
    q: Annotated[float, Parameter("power", "(0, inf)")] = 0.6,
) -> Tensor:
    r"""Asymmetric generalised cross-entropy (AGCE).

    .. math:: L = \frac{(a+1)^q - (a+p_y)^q}{q}

    Reference:
        X. Zhou et al. Asymmetric Loss Functions for Learning with Noisy Labels. ICML 2021.
    """
    return (math.pow(a + 1, q) - (a + lists.log_p_y.exp()).pow(q)) / q


def asymmetric_unhinged(
    lists: CandidateLists,
    a: Annotated[float, Parameter("shift, a larger one is more robust", "(1, inf)")] = 5.5,
    q: Annotated[float, Parameter("power", "(0, inf)")] = 3.0,
) -> Tensor:
    r"""Asymmetric unhinged loss (AUL).

    .. math:: L = \frac{(a-p_y)^q - (a-1)^q}{q}

    Reference:
        X. Zhou et al. Asymmetric Loss Functions for Learning with Noisy Labels. ICML 2021.
    """
    return ((a - lists.log_p_y.exp()).pow(q) - math.pow(a - 1, q)) / q


AsymmetricGeneralizedCrossEntropy = Formula(asymmetric_generalized_cross_entropy)
AsymmetricUnhinged = Formula(asymmetric_unhinged)
