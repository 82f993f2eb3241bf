"""Pairwise losses: every more relevant document should score above every less relevant one."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from losses.candidate_lists import CandidateLists, graded_lists
from losses.formula import Formula
from losses.parameters import Parameter


def ranknet(lists: CandidateLists) -> Tensor:
    r"""Pairwise logistic loss, the mean over all pairs of different grades.

    .. math:: L = \frac{1}{|\{g_i > g_j\}|} \sum_{g_i > g_j} \log(1 + e^{-(z_i - z_j)})

    Reference:
        C. Burges et al. Learning to Rank using Gradient Descent. ICML 2005.
    """
    ahead = lists.of_positive(lists.scores)[:, None] - lists.scores
    return lists.mean_over_rivals(-logsigmoid(ahead))


def hinge(
    lists: CandidateLists,
    margin: Annotated[
        float,
        Parameter("in units of the scores; 0.1 to 0.3 for cosines without temperature", "(0, inf)"),
    ] = 1.0,
) -> Tensor:
    r"""Pairwise hinge loss, the mean over all pairs of different grades.

    .. math:: L = \frac{1}{|\{g_i > g_j\}|} \sum_{g_i > g_j} \max(0, \delta - (z_i - z_j))

    Reference:
        R. Herbrich, T. Graepel, K. Obermayer. Large Margin Rank Boundaries for Ordinal Regression.
        MIT Press 2000.
    """
    ahead = lists.of_positive(lists.scores)[:, None] - lists.scores
    # at the kink the gradient is 1/2, the middle of all
    return lists.mean_over_rivals(torch.maximum(margin - ahead, ahead.new_zeros(())))


RankNet = Formula(ranknet, lists=graded_lists, per_query=CandidateLists.mean_of_pairs)
Hinge = Formula(hinge, lists=graded_lists, per_query=CandidateLists.mean_of_pairs)
