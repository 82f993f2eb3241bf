"""Cross-entropy, the baseline of all robust losses. Over a batch it is InfoNCE."""

from typing import Annotated, Literal

from torch import Tensor

from losses.candidate_lists import CandidateLists, log_sum, positive_lists, whole_lists
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput
from losses.parameters import Parameter, validated


def cross_entropy(lists: CandidateLists) -> Tensor:
    r"""Softmax cross-entropy with the positive as the only right candidate.

    .. math:: L = -\log p_y

    Reference:
        A. van den Oord, Y. Li, O. Vinyals. Representation Learning with Contrastive Predictive
        Coding. arXiv 2018.
    """
    return -lists.log_p_y


def disjunctive_cross_entropy(lists: CandidateLists) -> Tensor:
    r"""Cross-entropy of the union of the positives: one strong positive satisfies all.

    .. math:: L = -\log \sum_{i \in \mathrm{pos}} p_i
    """
    return -log_sum(lists.log_p, lists.positive)


class CrossEntropy(Loss):
    """Softmax cross-entropy; see `cross_entropy` and `disjunctive_cross_entropy`."""

    @validated()
    def __init__(
        self,
        positives: Annotated[
            Literal["per_positive", "disjunctive"], Parameter("how several of a query count")
        ] = "per_positive",
    ) -> None:
        super().__init__()
        self.positives = positives

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query."""
        if self.positives == "disjunctive":
            lists = whole_lists(batch)
            return lists.output(disjunctive_cross_entropy(lists))
        lists = positive_lists(batch)
        return lists.output(cross_entropy(lists))
