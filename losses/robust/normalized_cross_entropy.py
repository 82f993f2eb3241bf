"""Normalised cross-entropies, the active part of active-passive losses and a passive one."""

import math
from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter

ReferenceSize = Annotated[
    float | None, Parameter("list size of the weights, scales by n / it; null: not", "(0, inf)")
]


def normalized_cross_entropy(lists: CandidateLists, reference_size: ReferenceSize = 10.0) -> Tensor:
    r"""Cross-entropy divided by its sum over all possible labels, which then sums to 1.

    .. math:: L = \frac{\log p_y}{\sum_i \log p_i}

    The gradient shrinks with n log n, so that long lists would hardly train: hence the scaling,
    which is ours.

    Reference:
        X. Ma et al. Normalized Loss Functions for Deep Learning with Noisy Labels. ICML 2020.
    """
    return _scaled(lists.log_p_y / lists.sum(lists.log_p), lists, reference_size)


def normalized_negative_cross_entropy(
    lists: CandidateLists,
    smallest: Annotated[float, Parameter("smallest probability above 0", "(0, 1)")] = 1e-7,
    reference_size: ReferenceSize = 10.0,
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
    return _scaled(loss, lists, reference_size)


def _scaled(values: Tensor, lists: CandidateLists, reference_size: float | None) -> Tensor:
    return values if reference_size is None else values * lists.n / reference_size


NormalizedCrossEntropy = Formula(normalized_cross_entropy)
NormalizedNegativeCrossEntropy = Formula(normalized_negative_cross_entropy)
