"""Listwise losses on graded lists: the likelihood of the best choice, and of the whole order."""

from torch import Tensor

from losses.candidate_lists import CandidateLists, graded_lists, whole_lists
from losses.formula import Formula


def listnet(lists: CandidateLists) -> Tensor:
    r"""Cross-entropy between the top-one distributions of grades and scores.

    .. math:: L = -\sum_i \mathrm{softmax}(g)_i \log p_i

    Reference:
        Z. Cao et al. Learning to Rank: From Pairwise Approach to Listwise Approach. ICML 2007.
    """
    ideal = lists.log_softmax(lists.batch.targets).exp()
    return -(ideal * lists.log_p).sum(-1)


def listmle(lists: CandidateLists) -> Tensor:
    r"""Negative log-likelihood of the ideal order: each positive is chosen before lower grades.

    .. math:: L = \sum_{i: g_i > 0} \Big[ \log \Big(e^{z_i} + \sum_{g_j < g_i} e^{z_j}\Big) - z_i
        \Big]

    Where no grades are tied this is the Plackett-Luce likelihood of the order. Ties carry no order:
    equal grades do not compete. With one positive it is cross-entropy.

    Reference:
        F. Xia et al. Listwise Approach to Learning to Rank: Theory and Algorithm. ICML 2008.
    """
    return -lists.log_p_y


ListNet = Formula(listnet, lists=whole_lists)
ListMLE = Formula(listmle, lists=graded_lists, per_query=CandidateLists.total)
