"""Normalised negative cross-entropy, the passive part of the active-negative losses."""

import math
from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def normalized_negative_cross_entropy(
    lists: CandidateLists,
    smallest: Annotated[
        float, Parameter("smallest probability that is told from 0", "(0, 1)")
    ] = 1e-7,
    reference_size: Annotated[
        float | None,
        Parameter(
            "list size that the weights were chosen for, n / this scales; null: not at all",
            "(0, inf)",
        ),
    ] = 10.0,
) -> Tensor:
    r"""Share of the other candidates in the log-probabilities above the smallest probability.

    .. math:: L = 1 - \frac{A + \log p_y}{\sum_i (A + \log p_i)}, \qquad A = -\log p_{\min}

    The sum of 1 - L over all possible labels is 1, so that the loss is symmetric. The scaling with
    the list, ours, is that of `normalized_cross_entropy`; the L1 term on the weights that the paper
    adds is left out.

    Reference:
        X. Ye et al. Active Negative Loss: A Robust Framework for Learning with Noisy Labels. arXiv
        2412.02373.
    """
    height = (lists.log_p - math.log(smallest)).clamp(min=0)
    loss = 1 - lists.of_positive(height) / lists.sum(height)
    return loss if reference_size is None else loss * lists.n / reference_size


NormalizedNegativeCrossEntropy = Formula(normalized_negative_cross_entropy)
