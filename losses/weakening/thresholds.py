"""Thresholds: how confident the model must be before a candidate is plausible.

A threshold returns log beta; a candidate is plausible if its log-confidence is strictly above it.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.parameters import Parameter, checked, declared

Beta = Annotated[float, Parameter("confidence that makes a candidate plausible; 1: none", "(0, 1]")]


class Belief(NamedTuple):
    """The input of a threshold.

    Attributes:
        lists: the lists.
        log_confidence: log-confidence in their candidates, without gradient, [L, C].
    """

    lists: CandidateLists
    log_confidence: Tensor

    @property
    def n(self) -> Tensor:
        """Number of candidates of each list, [L, 1]."""
        return self.lists.n[:, None]

    @property
    def progress(self) -> float:
        """Share of the training that is done."""
        return self.lists.batch.progress


@dataclass(frozen=True)
class Threshold(ABC):
    """Abstract confidence threshold; what its fields declare is checked."""

    def __post_init__(self) -> None:
        vars(self).update(checked("loss.threshold", vars(self), declared(type(self))))

    @abstractmethod
    def log_beta(self, belief: Belief) -> Tensor | float:
        """Return log beta: one for all, for each list [L, 1] or for each candidate [L, C]."""


@dataclass(frozen=True)
class ChanceCorrectedThreshold(Threshold):
    r"""Option A: the same distance between chance and certainty for every list size.

    .. math:: \beta(n) = 1/n + \rho (1 - 1/n)

    With an `end` rho moves there on half a cosine. A rising rho trusts the model before it has
    memorised wrong labels, then returns to the labels so that doubted correct ones are learnt.
    """

    rho: Annotated[float, Parameter("from chance (0) to certainty (1), at first", "(0, 1)")] = 0.5
    end: Annotated[float | None, Parameter("rho at the last step; null: the same", "(0, 1]")] = None

    def log_beta(self, belief: Belief) -> Tensor:
        """Return log beta for the lists' sizes at this point of the training, [L, 1]."""
        end = self.rho if self.end is None else self.end
        rho, chance = half_cosine(self.rho, end, belief.progress), 1 / belief.n
        return (chance + rho * (1 - chance)).log()


def half_cosine(start: float, end: float, progress: float) -> float:
    """Return the value between start and end on half a cosine, slow at both ends."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * progress))


@dataclass(frozen=True)
class ConstantThreshold(Threshold):
    """The same beta throughout; 1 makes label weakening label relaxation."""

    beta: Beta = 0.75

    def log_beta(self, belief: Belief) -> Tensor:
        """Return log beta, [L, 1]."""
        return torch.full_like(belief.n, math.log(self.beta))


@dataclass(frozen=True)
class LinearThreshold(Threshold):
    """Beta moves on a straight line from `start` to `end`."""

    start: Beta = 0.75
    end: Beta = 0.6

    def log_beta(self, belief: Belief) -> float:
        """Return log beta at this point of the training."""
        return math.log(self.start + (self.end - self.start) * belief.progress)


@dataclass(frozen=True)
class CosineThreshold(Threshold):
    r"""Beta moves on half a cosine from `start` to `end`.

    .. math:: \beta(t) = b_1 + \frac{b_0 - b_1}{2} (1 + \cos \pi t)

    Reference:
        J. Lienen, E. Hüllermeier. Mitigating Label Noise through Data Ambiguation. AAAI 2024,
        supplement (0.75 to 0.6).
    """

    start: Beta = 0.75
    end: Beta = 0.6

    def log_beta(self, belief: Belief) -> float:
        """Return log beta at this point of the training."""
        return math.log(half_cosine(self.start, self.end, belief.progress))


@dataclass(frozen=True)
class LiftThreshold(Threshold):
    """Option A, more daring on long lists: `lift` times chance, min(maximum, lift / n)."""

    lift: Annotated[float, Parameter("how many times chance", "[2, inf)")] = 4.0
    maximum: Annotated[float, Parameter("threshold of short lists", "(0, 1]")] = 0.75

    def log_beta(self, belief: Belief) -> Tensor:
        """Return log beta for the lists' sizes, [L, 1]."""
        return (self.lift / belief.n).clamp(max=self.maximum).log()


@dataclass(frozen=True)
class MarginThreshold(Threshold):
    """Option B: a candidate is plausible if it beats the positive by a margin, p_i > e^delta p_y.

    It looks at no other candidate.
    """

    delta: Annotated[
        float, Parameter("margin in log-odds; log 3 is beta 0.75 between two", "(0, inf)")
    ] = math.log(3)

    def log_beta(self, belief: Belief) -> Tensor:
        """Return log p_y + delta of each list, [L, 1]."""
        return belief.lists.of_positive(belief.log_confidence)[:, None] + self.delta


@dataclass(frozen=True)
class OddsThreshold(Threshold):
    r"""A candidate is plausible if it is k times as likely as the positive, and far from chance.

    .. math:: \beta = \max\big(1/n + \rho (1 - 1/n),\; k \, p_y\big)

    The odds tell a wrong label, which the model finds absurd, from a hard right one, which it finds
    second best. k rises on a half cosine of log k, so that doubts are easy before wrong labels are
    memorised. Away from chance nobody is plausible to a model that knows nothing yet.
    """

    start: Annotated[float, Parameter("odds k at first", "[1, inf)")] = 2.0
    end: Annotated[float, Parameter("odds k at the last step", "[1, inf)")] = 100.0
    rho: Annotated[float, Parameter("from chance (0) to certainty (1)", "(0, 1)")] = 0.1

    def log_beta(self, belief: Belief) -> Tensor:
        """Return log beta at this point of the training, [L, 1]."""
        log_k = half_cosine(math.log(self.start), math.log(self.end), belief.progress)
        log_p_y = belief.lists.of_positive(belief.log_confidence)[:, None]
        chance = 1 / belief.n
        return torch.maximum((chance + self.rho * (1 - chance)).log(), log_p_y + log_k)


@dataclass(frozen=True)
class SplitThreshold(Threshold):
    """Option E in lists: one threshold for the query's own candidates, one for borrowed ones.

    Attributes:
        own: threshold for candidates with a pair id, those mined for the query.
        in_batch: threshold for candidates without, documents of other queries.
    """

    own: Threshold
    in_batch: Threshold

    def log_beta(self, belief: Belief) -> Tensor | float:
        """Return log beta of each candidate, [L, C]."""
        lists, own = belief.lists, self.own.log_beta(belief)
        if lists.batch.pair_ids is None:
            return own
        listed = lists.arrange(lists.batch.pair_ids) >= 0
        return torch.where(listed, own, self.in_batch.log_beta(belief))


@dataclass(frozen=True)
class LabelThreshold(Threshold):
    """Option E in the pointwise view (0, s): one threshold to doubt positives, one for negatives.

    Attributes:
        positive: how sure the model must be of "not relevant" before a positive label is doubted.
        negative: how sure it must be of "relevant" before a negative label is doubted.
    """

    positive: Threshold
    negative: Threshold

    def log_beta(self, belief: Belief) -> Tensor:
        """Return log beta of each list, by its label, [L, 1]."""
        belief.lists.batch.check_pointwise("the threshold by_label")
        positive = belief.lists.positives.column[:, None] == 1
        return torch.where(positive, self.positive.log_beta(belief), self.negative.log_beta(belief))


@dataclass(frozen=True)
class BudgetedThreshold(Threshold):
    """Option F: raise a threshold until at most a share of the batch's lists is ambiguous.

    Attributes:
        threshold: the threshold to raise.
    """

    threshold: Threshold
    budget: Annotated[
        float, Parameter("largest share of ambiguous lists, such as the noise ratio", "(0, 1)")
    ] = 0.3

    def log_beta(self, belief: Belief) -> Tensor:
        """Return the inner threshold, raised to exclude the first list beyond the budget."""
        log_beta = self.threshold.log_beta(belief)
        excess = belief.log_confidence - log_beta
        excess = excess.masked_fill(~belief.lists.rivals, -torch.inf).amax(-1)
        falling = torch.cat([excess.sort(descending=True).values, excess.new_zeros(1)])
        spared = (self.budget * belief.lists.competes.sum() + 1e-9).floor().long()
        shift = falling.gather(0, spared[None]).clamp(min=0)
        return log_beta + shift + 1e-5 * shift.sign()  # clear of the rounding of that list itself
