"""Confidence-regularised cross-entropy with a sieve (CORES2), called CCR for dense retrieval."""

from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter

SieveFrom = Annotated[
    float | None, Parameter("share after which unlikely labels are left out; null: never", "[0, 1]")
]


def cores(
    lists: CandidateLists,
    beta: Annotated[float, Parameter("weight of the regulariser at the end", "[0, inf)")] = 2.0,
    start: Annotated[float, Parameter("share of training after which it works", "[0, 1]")] = 0.1,
    full: Annotated[float, Parameter("share at full weight", "[0, 1]", at_least="start")] = 0.4,
    sieve_from: SieveFrom = 0.3,
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


Cores = Formula(cores)
