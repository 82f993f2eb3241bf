"""Normalised cross-entropy, the active part of the active-passive losses."""

from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter


def normalized_cross_entropy(
    lists: CandidateLists,
    reference_size: Annotated[
        float | None,
        Parameter(
            "list size of the weights, scales by n / it; null: not",
            "(0, inf)",
        ),
    ] = 10.0,
) -> Tensor:
    r"""Cross-entropy divided by its sum over all possible labels, which then sums to 1.

    .. math:: L = \frac{\log p_y}{\sum_i \log p_i}

    The gradient shrinks with n log n, so that long lists would hardly train: hence the scaling,
    which is ours.

    Reference:
        X. Ma et al. Normalized Loss Functions for Deep Learning with Noisy Labels. ICML 2020.
    """
    share = lists.log_p_y / lists.sum(lists.log_p)
    return share if reference_size is None else share * lists.n / reference_size


NormalizedCrossEntropy = Formula(normalized_cross_entropy)
