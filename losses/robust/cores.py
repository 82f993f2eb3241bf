"""Confidence-regularised cross-entropy with a sieve (CORES2), called CCR for dense retrieval."""

from typing import Annotated

import torch
from torch import Tensor

from errors import InputError
from losses.candidate_lists import CandidateLists
from losses.formula import Formula, Given
from losses.parameters import Parameter


def cores(
    lists: CandidateLists,
    beta: Annotated[float, Parameter("weight of the regulariser at the end", "[0, inf)")] = 2.0,
    start: Annotated[
        float, Parameter("share of the training after which it works", "[0, 1]")
    ] = 0.1,
    full: Annotated[float, Parameter("share after which its weight is beta", "[0, 1]")] = 0.4,
    sieve_from: Annotated[
        float | None,
        Parameter("share after which unlikely labels are left out; null: never", "[0, 1]"),
    ] = 0.3,
) -> Tensor:
    r"""Cross-entropy less its mean over all possible labels, which rewards confident predictions.

    .. math:: L = -\log p_y + \beta \, \frac{1}{n} \sum_i \log p_i

    The weight rises linearly from `start` to `full`: the published epochs as shares of the
    training. The sieve leaves out lists whose positive is less likely than the geometric mean of
    the candidates. Unbounded below for every beta above 0: scores must be bounded, as a cosine over
    a temperature is.

    Reference:
        H. Cheng et al. Learning with Instance-Dependent Label Noise: A Sample Sieve Approach. ICLR
        2021.
    """
    progress = lists.batch.progress
    risen = 1.0 if progress >= full else max(0.0, progress - start) / max(1e-9, full - start)
    loss = risen * beta * lists.mean_log_p - lists.log_p_y
    if sieve_from is None or progress < sieve_from:
        return loss
    return torch.where(lists.log_p_y >= lists.mean_log_p, loss, 0.0)


def _check(given: Given) -> None:
    if given["full"] < given["start"]:
        raise InputError(
            f"loss.full={given['full']:g} must be at least loss.start={given['start']:g}."
        )


Cores = Formula(cores, check=_check)
