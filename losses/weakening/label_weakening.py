"""Label weakening: believe a label less once the model is confident that another candidate fits.

A reconstruction for retrieval from label relaxation (AAAI 2021) and robust data ambiguation (AAAI
2024); only the abstract of "Learning to Retrieve with Weakened Labels" (arXiv 2512.13237) was
available. This is the whole of it; its options are in `options.py`.
"""

import math
from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists, log_sum
from losses.formula import Formula
from losses.parameters import Parameter
from losses.weakening.thresholds import Belief, OddsThreshold, Threshold

ALPHA, BOUND = 0.001, 0.7
THRESHOLD = OddsThreshold()


def label_weakening(
    lists: CandidateLists,
    alpha: float = ALPHA,
    threshold: Threshold = THRESHOLD,
    bound: float = BOUND,
) -> Tensor:
    r"""Bounded divergence D from the prediction to what the plausible candidates S allow.

    .. math:: L = \frac{1 - e^{-b D}}{b}, \qquad D = \min_{q:\, q(S) \ge 1-\alpha} \mathrm{KL}(q
        \,\|\, p), \qquad S = \{y\} \cup \{i : p_i > \beta\}

    S is computed without gradient; beta is the threshold's, for each list.

    Reference:
        J. Lienen, E. Hüllermeier. Mitigating Label Noise through Data Ambiguation. AAAI 2024.
    """
    confidence = lists.log_p.detach()
    plausible = lists.positive | (confidence > threshold.log_beta(Belief(lists, confidence)))
    return bounded(relaxed_divergence(lists.log_p, plausible, alpha), bound)


def bounded(divergence: Tensor, bound: float) -> Tensor:
    r"""Map [0, inf) to [0, 1 / bound), so that no label pulls without end, [L].

    Of cross-entropy this makes generalised cross-entropy with q = bound.

    .. math:: \frac{1 - e^{-b D}}{b}

    Args:
        divergence: the divergence D of each list, [L].
        bound: b.
    """
    return -(-bound * divergence).expm1() / bound


def relaxed_divergence(log_p: Tensor, plausible: Tensor, alpha: float) -> Tensor:
    r"""Smallest KL(q || p) over the distributions q with q(S) >= 1 - alpha, [L].

    .. math:: L = (1-\alpha) \log\frac{1-\alpha}{P} + \alpha \log\frac{\alpha}{1-P} \quad\text{if }
        P = p(S) < 1-\alpha, \text{ else } 0

    Args:
        log_p: log-probabilities, [L, C].
        plausible: the set S of each list, [L, C].
        alpha: mass that may lie outside S.
    """
    satisfied = math.log1p(-alpha)
    log_mass = log_sum(log_p, plausible).clamp(max=satisfied)  # log P
    log_rest = (-log_mass.expm1()).log()  # log (1 - P)
    divergence = (1 - alpha) * (satisfied - log_mass) + alpha * (math.log(alpha) - log_rest)
    return torch.where(log_mass < satisfied, divergence, 0.0)


def label_relaxation(
    lists: CandidateLists,
    alpha: Annotated[float, Parameter("mass that may lie outside the positive", "(0, 1)")] = 0.1,
) -> Tensor:
    r"""Label weakening that doubts no label: the positive alone is plausible.

    .. math:: L = \min_{q:\, q_y \ge 1-\alpha} \mathrm{KL}(q \,\|\, p)

    Reference:
        J. Lienen, E. Hüllermeier. From Label Smoothing to Label Relaxation. AAAI 2021.
    """
    return relaxed_divergence(lists.log_p, lists.positive, alpha)


LabelRelaxation = Formula(label_relaxation)
