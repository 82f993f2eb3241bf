"""Noisy pair correction (NPC): doubted labels are replaced by an averaged model's opinion."""

from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists, outside, positive_lists
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput, Needs
from losses.parameters import Parameter, validated
from losses.ranking.cross_entropy import cross_entropy
from losses.selection.doubts import doubts
from losses.selection.pair_evidence import PairEvidence
from losses.selection.two_components import Threshold, WarmupEpochs


def easy_perplexity(lists: CandidateLists) -> Tensor:
    r"""Log-perplexity of the positive among easy negatives, those borrowed from the batch, [L].

    .. math:: \ell = -\log \frac{e^{z_y}}{e^{z_y} + \sum_{i \text{ easy}} e^{z_i}}

    A mined negative may be relevant, and would make a right label look wrong. Without easy
    negatives the whole list counts. The logarithm is ours: with a low temperature the perplexities
    themselves span many powers of ten.
    """
    easy = lists.mask & (lists.arrange(lists.batch.known_pair_ids()) < 0)
    among = torch.where(easy.any(-1, keepdim=True), easy, lists.mask) | lists.positive
    return -lists.of_positive(outside(lists.scores, among).log_softmax(-1))


def teacher_divergence(lists: CandidateLists) -> Tensor:
    r"""Divergence of the prediction p from the teacher's q, [L].

    .. math:: L = \mathrm{KL}(q \,\|\, p)
    """
    log_q = lists.log_softmax(lists.batch.known_teacher()).detach()
    return lists.sum(log_q.exp() * (log_q - lists.log_p))


class NoisyPairCorrection(Loss):
    r"""Cross-entropy of the labels that are believed, and agreement with an averaged model on all.

    .. math:: L = 1[\text{believed}] \cdot -\log p_y + \lambda \, \mathrm{KL}(q \,\|\, p)

    q is the prediction of a moving average of the weights. A mixture over the pairs' perplexities
    among easy negatives is fitted after every epoch; a pair that is less probably of the lower
    component than the threshold is not believed. Before the first fit the loss is cross-entropy.

    Detection and correction follow the paper. Its coefficients, its warm-up and the exact way in
    which it rectifies the averaged model's labels could not be verified, so the defaults are ours.

    Reference:
        H. Zhang et al. Noisy Pair Corrector for Dense Retrieval. Findings of EMNLP 2023.
    """

    @validated()
    def __init__(
        self,
        weight: Annotated[float, Parameter("weight of the agreement", "[0, inf)")] = 1.0,
        decay: Annotated[
            float, Parameter("weight of the past in the averaged weights", "[0, 1)")
        ] = 0.999,
        threshold: Threshold = 0.5,
        warmup_epochs: WarmupEpochs = 1,
    ) -> None:
        super().__init__()
        self.weight, self.threshold = weight, threshold
        self.evidence = PairEvidence(warmup_epochs)
        self.asks = Needs(teacher=True, teacher_decay=decay)

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query."""
        lists = positive_lists(batch)
        believed = self.evidence(lists, easy_perplexity(lists).detach()) >= self.threshold
        agreement = self.weight * teacher_divergence(lists)
        values = torch.where(believed, cross_entropy(lists), 0.0)
        if not self.evidence.warm:
            values = values + agreement
        output = lists.output(values)
        doubted = lists.mean((~believed).to(values.dtype))
        return output._replace(decisions=doubts(batch, doubted, output.counted))
