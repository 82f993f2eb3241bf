"""Small-loss selection: wrong labels are learnt late, so pairs with large losses are left out."""

from typing import Annotated

import torch
from torch import Tensor

from losses.candidates import Candidates
from losses.loss import Loss, LossOutput
from losses.parameters import Parameter, validated
from losses.selection.doubts import doubts


def smallest(values: Tensor, counted: Tensor, dropped: float) -> Tensor:
    """Return which of the counted values are the smallest, all but a share of them, bool [B].

    Args:
        values: values, [B].
        counted: values that take part, bool [B]; at least one of them is kept.
        dropped: share that is not kept, in [0, 1); what is kept is rounded down.
    """
    rank = values.masked_fill(~counted, torch.inf).argsort(stable=True).argsort()
    kept = ((1 - dropped) * counted.sum().double()).floor().clamp(min=1)
    return counted & (rank < kept)


class SmallLossSelection(Loss):
    r"""The mean of a loss over the batch's smallest values.

    .. math:: L = \sum_{b \in K} L_b / |K|, \qquad |K| = (1 - R(t)) B, \qquad R(t) = \tau \min(t /
        T_k, 1)

    The schedule is that of Co-teaching, whose two networks choose for each other; here one network
    chooses for itself, at half the cost. t and T_k are shares of the training.

    Args:
        loss: the loss.
        noise_rate: tau, the estimated share of wrong labels.
        ramp: t_k, the share of the training over which R rises; published: 10 of 200 epochs.

    Reference:
        B. Han et al. Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy
        Labels. NeurIPS 2018.
    """

    @validated()
    def __init__(
        self,
        loss: Loss,
        noise_rate: Annotated[float, Parameter("estimated share of wrong labels", "[0, 1)")] = 0.2,
        ramp: Annotated[
            float, Parameter("share of the training over which selection sets in", "(0, 1]")
        ] = 0.05,
    ) -> None:
        super().__init__()
        self.loss, self.noise_rate, self.ramp = loss, noise_rate, ramp
        self.min_candidates = loss.min_candidates

    def judge(self, batch: Candidates) -> LossOutput:
        """Return the values that are kept; the other queries do not count."""
        output: LossOutput = self.loss(batch)
        dropped = self.noise_rate * min(batch.progress / self.ramp, 1.0)
        kept = smallest(output.values.detach(), output.counted, dropped)
        doubted = (output.counted & ~kept).to(output.values.dtype)
        decisions = output.decisions or doubts(batch, doubted, output.counted)
        return LossOutput(torch.where(kept, output.values, 0.0), kept, decisions)

    def check_list(self, candidates: int) -> None:
        """Check the loss; see `Loss.check_list`."""
        self.loss.check_list(candidates)
