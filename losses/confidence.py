"""Whose confidence decides what is plausible. The projection always keeps the odds of the model that is trained; only the set changes."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from losses.base import Candidates
from losses.checks import check_number
from losses.pair_state import PairState


class Confidence(nn.Module, ABC):
    """Abstract source of confidence.

    Attributes:
        needs_pair_ids: It remembers values per (query, document) pair.
        needs_teacher: It reads another model's scores.
        teacher_decay: That model is a moving average of the trained one's weights, with this decay;
            None: it is a run.
    """

    needs_pair_ids: ClassVar[bool] = False
    needs_teacher: ClassVar[bool] = False
    teacher_decay: float | None = None

    @abstractmethod
    def logits(self, batch: Candidates, *, learn: bool) -> Tensor:
        """Logits whose softmax over a list is the confidence, [B, C].

        Args:
            batch: The scored candidates.
            learn: Whether to remember what was seen; False for diagnostics and evaluation.
        """


class StudentConfidence(Confidence):
    """The model's own scores, as in the paper."""

    # nothing to remember
    def logits(self, batch: Candidates, *, learn: bool) -> Tensor:  # noqa: ARG002
        """The scores themselves, [B, C]."""
        return batch.scores


class TeacherConfidence(Confidence):
    """Option C: a teacher's scores, which confirm the model less in its own mistakes: those of a run, or of the model's averaged weights.

    Args:
        decay: The teacher is a moving average of the weights of the model in training, at the price
            of a second forward pass, and this is the weight of the past, in [0, 1); None: the
            teacher is a run.
    """

    needs_teacher = True

    def __init__(self, decay: float | None = None) -> None:
        super().__init__()
        self.teacher_decay = (
            None if decay is None else check_number("confidence.decay", decay, at_least=0, below=1)
        )

    # nothing to remember
    def logits(self, batch: Candidates, *, learn: bool) -> Tensor:  # noqa: ARG002
        """The teacher's scores, [B, C]."""
        assert batch.teacher is not None  # the loss has checked it
        return batch.teacher


class PairAverageConfidence(Confidence):
    """Option C: a moving average of each pair's past confidences; candidates without a pair id count with today's confidence.

    Args:
        decay: Weight of the past, in [0, 1).
    """

    needs_pair_ids = True

    def __init__(self, decay: float = 0.8) -> None:
        super().__init__()
        self.decay = check_number("confidence.decay", decay, at_least=0, below=1)
        self.state = PairState()

    def logits(self, batch: Candidates, *, learn: bool) -> Tensor:
        """Logarithm of the averaged confidences, [B, C]."""
        assert batch.pair_ids is not None  # the loss has checked it
        today = batch.scores.masked_fill(~batch.mask, torch.finfo(batch.scores.dtype).min).softmax(
            -1
        )
        ids = batch.pair_ids.masked_fill(~batch.mask, -1)
        average = self.state.average(ids, today, self.decay, learn=learn)
        return average.clamp(min=torch.finfo(average.dtype).tiny).log()


class PriorCorrectedConfidence(Confidence):
    """The pointwise safety: judge positives as if half of the pairs were positive.

    A model that has only learnt the base rate r is confident that every document is "not relevant"
    and would doubt every positive label. In the pair (0, s) a positive is therefore judged by s -
    logit(r); negatives are judged by s, because correcting both sides collapses to "everything
    relevant".

    Args:
        positive_rate: Share r of positives among the training pairs, in (0, 1); None measures it in
            each batch.
    """

    def __init__(self, positive_rate: float | None = None) -> None:
        super().__init__()
        self.positive_rate = (
            None
            if positive_rate is None
            else check_number("confidence.positive_rate", positive_rate, above=0, below=1)
        )

    # nothing to remember
    def logits(self, batch: Candidates, *, learn: bool) -> Tensor:  # noqa: ARG002
        """Scores (0, s), with s less the prior log-odds where the label is positive, [B, 2]."""
        positive = (batch.targets[:, -1:] > 0).to(batch.scores.dtype)
        rate = (
            positive.mean().clamp(1e-6, 1 - 1e-6)
            if self.positive_rate is None
            else positive.new_tensor(self.positive_rate)
        )
        prior = torch.cat([torch.zeros_like(positive), positive * torch.logit(rate)], dim=-1)
        return batch.scores - prior
