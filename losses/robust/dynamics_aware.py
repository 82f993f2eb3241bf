"""Dynamics-aware loss (DAL): fit early, become robust later."""

from typing import Annotated

from torch import Tensor

from errors import InputError
from losses.candidate_lists import CandidateLists
from losses.formula import Formula, Given
from losses.parameters import Parameter
from losses.robust.generalized_cross_entropy import box_cox


def dynamics_aware(
    lists: CandidateLists,
    q_start: Annotated[float, Parameter("robustness at the first step", "(0, inf)")] = 0.6,
    q_end: Annotated[
        float, Parameter("robustness at the last step, at least q_start", "(1, inf)")
    ] = 1.5,
) -> Tensor:
    r"""Generalised cross-entropy plus an entropy term that asks for confident predictions.

    .. math:: L = \frac{1 - p_y^q}{q} + \lambda \, \frac{-\sum_i p_i \log p_i}{q \log n}

    q moves on a straight line; above 1 it goes beyond the mean absolute error, and lambda rises
    from 0 there to 1 at the end.

    Reference:
        X.-C. Li et al. Dynamics-Aware Loss for Learning with Label Noise. Pattern Recognition 2023.
    """
    q = q_start + (q_end - q_start) * lists.batch.progress
    weight = max(0.0, q - 1) / (q_end - 1)
    entropy = -(lists.log_p.exp() * lists.log_p).sum(-1)
    return box_cox(lists.log_p_y, q) + weight * entropy / (q * lists.n.log())


def _check(given: Given) -> None:
    if given["q_end"] < given["q_start"]:
        raise InputError(
            f"loss.q_end={given['q_end']:g} must be at least loss.q_start={given['q_start']:g}."
        )


DynamicsAware = Formula(dynamics_aware, check=_check)
