"""The interface of losses: candidates in; one value per query and decisions out.

Shapes use one alphabet: B queries, C candidates, L candidate lists.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from errors import InputError
from losses.candidates import Candidates


class Decisions(NamedTuple):
    """What label weakening decided for each query, [B] each, averaged over a query's positives.

    Attributes:
        active: 1 where the loss is above zero.
        ambiguous: 1 where a candidate besides the labelled ones became plausible.
        vacuous: 1 where every candidate is plausible.
        in_credal: 1 where the prediction already lies in the credal set, which is not vacuous.
        plausible: number of plausible candidates.
        confidence: largest confidence among the candidates.
        vacuous_positives: in the pointwise view the vacuous share of a query's positive documents,
            NaN without any; else None.
        vacuous_negatives: the same of its other documents.
    """

    active: Tensor
    ambiguous: Tensor
    vacuous: Tensor
    in_credal: Tensor
    plausible: Tensor
    confidence: Tensor
    vacuous_positives: Tensor | None = None
    vacuous_negatives: Tensor | None = None


class LossOutput(NamedTuple):
    """The output of a loss for a batch.

    Attributes:
        values: one value per query, exactly 0 without supervision, [B].
        counted: queries that count in the mean, bool [B].
        decisions: decisions about the labels, without gradient; None for a loss that never doubts
            labels.
    """

    values: Tensor
    counted: Tensor
    decisions: Decisions | None = None

    def mean(self) -> Tensor:
        """Return the mean over the queries that count; a graph-connected 0 when none do."""
        return self.values.sum() / self.counted.sum().clamp(min=1)


class Needs(NamedTuple):
    """What a loss needs besides scores and labels.

    Attributes:
        pair_ids: it keeps state per (query, document) pair.
        teacher: it compares with a teacher's scores.
        teacher_decay: the teacher is a moving average of the trained network's weights, with this
            decay; None: it is a run.
        in_batch: it compares a document's queries, so queries must share candidates.
    """

    pair_ids: bool = False
    teacher: bool = False
    teacher_decay: float | None = None
    in_batch: bool = False


class Part(nn.Module):
    """A loss, or something that a loss is made of.

    Attributes:
        asks: what this part itself asks for; `Loss.needs` collects it from all parts.
    """

    asks: Needs = Needs()

    def epoch_ended(self) -> None:
        """Learn from the finished epoch, if the part remembers anything."""


class Loss(Part, ABC):
    """Abstract loss over candidates.

    Attributes:
        min_candidates: rows with fewer candidates carry no supervision.
    """

    min_candidates: int = 2

    def forward(self, batch: Candidates) -> LossOutput:
        """Judge a batch, in float32 at least, whatever the precision of the scores.

        Args:
            batch: the scored candidates.

        Returns:
            One value per query, and what was decided about its labels.

        Raises:
            InputError: the loss needs pair ids or a teacher's scores and got none.
        """
        with torch.autocast(batch.scores.device.type, enabled=False):
            return self.judge(batch.in_full_precision())

    @abstractmethod
    def judge(self, batch: Candidates) -> LossOutput:
        """Judge a batch whose scores are in float32 or float64."""

    @property
    def name(self) -> str:
        """Name for messages."""
        return type(self).__name__

    @property
    def parts(self) -> list[Part]:
        """The loss itself and everything inside it."""
        return [part for part in self.modules() if isinstance(part, Part)]

    @property
    def needs(self) -> Needs:
        """What the loss and everything inside it ask for.

        Raises:
            InputError: two parts want different teachers.
        """
        asked = [part.asks for part in self.parts]
        decays = {ask.teacher_decay for ask in asked if ask.teacher}
        if len(decays) > 1:
            raise InputError(
                "loss: two parts need different teachers; a run (decay null) and a moving average "
                "cannot be combined."
            )
        return Needs(
            pair_ids=any(ask.pair_ids for ask in asked),
            teacher=any(ask.teacher for ask in asked),
            teacher_decay=next(iter(decays), None),
            in_batch=any(ask.in_batch for ask in asked),
        )

    def finish_epoch(self) -> None:
        """Tell every part that an epoch has ended, once for each."""
        for part in self.parts:
            part.epoch_ended()

    def check_list(self, candidates: int) -> None:
        """Check the parameters against the list size, once at start-up.

        Args:
            candidates: number of candidates in a row.

        Raises:
            InputError: the loss cannot learn from lists of this size.
        """
        if candidates < self.min_candidates:
            raise InputError(
                f"loss: {self.name} compares candidates of one list and needs at least "
                f"{self.min_candidates}, the lists hold {candidates}; add negatives (in-batch or "
                "mined) or wrap the loss in losses.Pointwise."
            )
