"""Sources of the confidence that decides what is plausible.

The projection always keeps the odds of the trained model.
"""

from abc import ABC, abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists, outside
from losses.loss import Needs, Part
from losses.parameters import Parameter, validated
from losses.stateful.pair_state import PairState


class Confidence(Part, ABC):
    """Abstract source of confidence."""

    @abstractmethod
    def forward(self, lists: CandidateLists) -> Tensor:
        """Return the log-confidence in each candidate, without gradient, [L, C]."""


class StudentConfidence(Confidence):
    """The model's own prediction, as in the paper."""

    def forward(self, lists: CandidateLists) -> Tensor:
        """Return the log-probabilities themselves."""
        return lists.log_p.detach()


class TeacherConfidence(Confidence):
    """Option C: a teacher's scores, which confirm the model less in its own mistakes.

    The teacher is a run, or a moving average of the weights of the model in training, at the price
    of a second forward pass.
    """

    @validated("loss.confidence")
    def __init__(
        self,
        decay: Annotated[
            float | None,
            Parameter(
                "weight of the past in the averaged weights; null: the teacher is a run", "[0, 1)"
            ),
        ] = None,
    ) -> None:
        super().__init__()
        self.asks = Needs(teacher=True, teacher_decay=decay)

    def forward(self, lists: CandidateLists) -> Tensor:
        """Return the teacher's log-probabilities."""
        return lists.log_softmax(lists.batch.known_teacher()).detach()


class PairAverageConfidence(Confidence):
    """Option C: a moving average of each pair's past confidences.

    Candidates without a pair id count with today's confidence.
    """

    asks = Needs(pair_ids=True)

    @validated("loss.confidence")
    def __init__(
        self,
        decay: Annotated[float, Parameter("weight of the past", "[0, 1)")] = 0.8,
    ) -> None:
        super().__init__()
        self.decay = decay
        self.state = PairState()

    def forward(self, lists: CandidateLists) -> Tensor:
        """Return the logarithm of the averages, today's included; training remembers them."""
        batch = lists.batch
        today = outside(batch.scores.detach(), batch.mask).softmax(-1)
        ids = batch.known_pair_ids().masked_fill(~batch.mask, -1)
        average = self.state.average(ids, today, self.decay, learn=self.training)
        return lists.log_softmax(average.clamp(min=torch.finfo(average.dtype).tiny).log())


class PriorCorrectedConfidence(Confidence):
    """The confidence of the pointwise view: judge positives as if half of the pairs were positive.

    A model that has only learnt the base rate r is confident that every document is "not relevant"
    and would doubt every positive label. In the pair (0, s) a positive is therefore judged by s -
    logit(r); negatives are judged by s, because correcting both sides collapses to "everything
    relevant".
    """

    @validated("loss.confidence")
    def __init__(
        self,
        positive_rate: Annotated[
            float | None,
            Parameter(
                "share of positives among the training pairs; null: measured in each batch",
                "(0, 1)",
            ),
        ] = None,
    ) -> None:
        super().__init__()
        self.positive_rate = positive_rate

    def forward(self, lists: CandidateLists) -> Tensor:
        """Return the confidence in (0, s), with s less the prior log-odds for a positive label."""
        batch = lists.batch
        batch.check_pointwise("the confidence prior_corrected")
        scores, real = batch.scores.detach(), batch.mask[:, -1:]
        positive = (real & (batch.targets[:, -1:] > 0)).to(scores.dtype)
        if self.positive_rate is None:
            rate = (positive.sum() / real.sum().clamp(min=1)).clamp(1e-6, 1 - 1e-6)
        else:
            rate = scores.new_tensor(self.positive_rate)
        prior = torch.cat([torch.zeros_like(positive), positive * torch.logit(rate)], dim=-1)
        return lists.log_softmax(scores - prior)
