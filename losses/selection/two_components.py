"""Mixture over losses: each pair is weighted by the probability that its label fits."""

from typing import Annotated, Literal

import torch

from losses.candidate_lists import positive_lists
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput
from losses.parameters import Parameter, validated
from losses.ranking.cross_entropy import cross_entropy
from losses.selection.doubts import doubts
from losses.selection.pair_evidence import PairEvidence

WarmupEpochs = Annotated[int, Parameter("epochs before the first mixture", "[1, inf)")]
Threshold = Annotated[float, Parameter("a label less probably right is doubted", "[0, 1]")]


class LossMixture(Loss):
    r"""Cross-entropy weighted by how probably the pair's loss is of the lower component.

    .. math:: L = w \cdot -\log p_y, \qquad w = P(\text{low} \mid \ell_{q,d})

    Two Gaussian components are fitted after every epoch to the pairs' losses, scaled to [0, 1].
    With `drop`, w is 1 where that probability reaches the threshold; other pairs do not count.
    The semi-supervised part of DivideMix and the second network of both are left out.

    Reference:
        J. Li, R. Socher, S. Hoi. DivideMix: Learning with Noisy Labels as Semi-supervised Learning.
        ICLR 2020. Z. Huang et al. Learning with Noisy Correspondence for Cross-modal Matching.
        NeurIPS 2021.
    """

    @validated()
    def __init__(
        self,
        use: Annotated[
            Literal["weight", "drop"], Parameter("what the probability is used for")
        ] = "weight",
        threshold: Threshold = 0.5,
        warmup_epochs: WarmupEpochs = 1,
    ) -> None:
        super().__init__()
        self.use, self.threshold = use, threshold
        self.evidence = PairEvidence(warmup_epochs)

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query."""
        lists = positive_lists(batch)
        values = cross_entropy(lists)
        right = self.evidence(lists, values.detach()).to(values.dtype)
        believed = right >= self.threshold
        weight = right if self.use == "weight" else believed.to(values.dtype)
        output = lists.output(weight * values)
        doubted = lists.mean((~believed).to(values.dtype))
        counted = output.counted & ((doubted < 1) | (self.use == "weight"))
        kept = torch.where(counted, output.values, 0.0)
        return LossOutput(kept, counted, doubts(batch, doubted, output.counted))
