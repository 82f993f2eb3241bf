"""Generalised cross-entropy: from cross-entropy (q = 0) to the mean absolute error (q = 1)."""

from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.formula import Formula
from losses.parameters import Parameter

Robustness = Annotated[
    float, Parameter("near 0 is cross-entropy, 1 the mean absolute error", "(0, 1]")
]


def generalized_cross_entropy(lists: CandidateLists, q: Robustness = 0.7) -> Tensor:
    r"""Box-Cox transform of the likelihood: contradicted labels weigh less than in cross-entropy.

    .. math:: L = \frac{1 - p_y^q}{q}

    Reference:
        Z. Zhang, M. Sabuncu. Generalized Cross Entropy Loss for Training Deep Neural Networks with
        Noisy Labels. NeurIPS 2018.
    """
    return box_cox(lists.log_p_y, q)


def truncated_generalized_cross_entropy(
    lists: CandidateLists,
    q: Robustness = 0.7,
    k: Annotated[float, Parameter("likelihood up to which an example is left out", "(0, 1)")] = 0.5,
) -> Tensor:
    r"""Generalised cross-entropy, constant where the model gives the label at most k.

    .. math:: L = \frac{1 - \max(p_y, k)^q}{q}

    Stateless: the current prediction prunes, while the paper keeps weights per example. A list
    whose positives all start below k never trains.

    Reference:
        Z. Zhang, M. Sabuncu. Generalized Cross Entropy Loss for Training Deep Neural Networks with
        Noisy Labels. NeurIPS 2018.
    """
    return torch.where(lists.log_p_y.exp() > k, box_cox(lists.log_p_y, q), (1 - k**q) / q)


def dynamics_aware(
    lists: CandidateLists,
    q_start: Annotated[float, Parameter("robustness at the first step", "(0, inf)")] = 0.6,
    q_end: Annotated[
        float, Parameter("robustness at the last step", "(1, inf)", at_least="q_start")
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


def box_cox(log_p: Tensor, q: float) -> Tensor:
    """Return (1 - p^q) / q from log p, exact also where p is near 1."""
    return -torch.expm1(q * log_p) / q


GeneralizedCrossEntropy = Formula(generalized_cross_entropy)
TruncatedGeneralizedCrossEntropy = Formula(truncated_generalized_cross_entropy)
DynamicsAware = Formula(dynamics_aware)
