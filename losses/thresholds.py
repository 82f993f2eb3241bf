"""How confident must the model be in a candidate before label weakening calls it plausible?

A threshold answers with log beta; a candidate is plausible when its log-confidence is strictly
above it.
"""

import math
from abc import ABC, abstractmethod
from typing import TypeVar

import torch
from torch import Tensor

from losses.checks import check_number
from losses.evidence import Evidence, LogBeta

T = TypeVar("T", float, Tensor)


class Threshold(ABC):
    """Abstract confidence threshold."""

    @abstractmethod
    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Logarithm of the threshold."""

    @abstractmethod
    def bounds(self, candidates: int) -> tuple[float, float]:
        """Smallest and largest beta over the training for lists of this size."""


class ConstantThreshold(Threshold):
    """The same beta throughout.

    Args:
        beta: Confidence above which a candidate is plausible, in (0, 1]; 1 makes label weakening
            label relaxation.
    """

    def __init__(self, beta: float = 0.75) -> None:
        self.beta = check_number("threshold.beta", beta, above=0, at_most=1)

    # the same whatever the evidence
    def log_beta(self, evidence: Evidence) -> LogBeta:  # noqa: ARG002
        """Log beta, one for all."""
        return math.log(self.beta)

    # the same for every list size
    def bounds(self, candidates: int) -> tuple[float, float]:  # noqa: ARG002
        """Beta twice."""
        return self.beta, self.beta


class _ScheduledThreshold(Threshold):
    """A beta that moves from `start` to `end` over the training."""

    def __init__(self, start: float = 0.75, end: float = 0.6) -> None:
        self.start = check_number("threshold.start", start, above=0, at_most=1)
        self.end = check_number("threshold.end", end, above=0, at_most=1)

    @abstractmethod
    def beta(self, progress: float) -> float:
        """The threshold after this share of the training."""

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Log beta at this point of the training, one for all."""
        return math.log(self.beta(evidence.progress))

    # the same for every list size
    def bounds(self, candidates: int) -> tuple[float, float]:  # noqa: ARG002
        """The two ends."""
        return min(self.start, self.end), max(self.start, self.end)


class LinearThreshold(_ScheduledThreshold):
    """Beta moves on a straight line from `start` to `end`, both in (0, 1]."""

    def beta(self, progress: float) -> float:
        """The threshold after this share of the training."""
        return self.start + (self.end - self.start) * progress


class CosineThreshold(_ScheduledThreshold):
    r"""Beta falls on half a cosine: :math:`\beta(t) = b_1 + \frac{b_0 - b_1}{2} (1 + \cos \pi t)` from `start` to `end`, both in (0, 1].

    Reference:
        J. Lienen, E. Hüllermeier. Mitigating Label Noise through Data Ambiguation. AAAI 2024,
        supplement (0.75 to 0.6).
    """

    def beta(self, progress: float) -> float:
        """The threshold after this share of the training."""
        return half_cosine(self.start, self.end, progress)


def half_cosine(start: float, end: float, progress: float) -> float:
    """From `start` to `end` on half a cosine, slow at both ends; `progress` in [0, 1]."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * progress))


class ChanceCorrectedThreshold(Threshold):
    r"""Option A: the same distance between chance and certainty for every list size, :math:`\beta(n) = 1/n + \rho (1 - 1/n)`.

    With an `end` rho moves there on half a cosine. Upwards it trusts the model first and the labels
    later: early on, before wrong labels are learnt by heart, doubts are informed; later on right
    labels that the model doubted get their turn.

    Args:
        rho: Position between chance (0) and certainty (1), in (0, 1); 0.5 gives 0.75 at n = 2 and
            0.516 at n = 32.
        end: Position after the last step, in (0, 1], where 1 leaves only the labels plausible;
            None: rho throughout.
    """

    def __init__(self, rho: float = 0.5, end: float | None = None) -> None:
        self.rho = check_number("threshold.rho", rho, above=0, below=1)
        self.end = (
            self.rho if end is None else check_number("threshold.end", end, above=0, at_most=1)
        )

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Log beta of the lists' sizes at this point of the training."""
        position, n = half_cosine(self.rho, self.end, evidence.progress), evidence.lists.n
        return (
            math.log(_above_chance(1 / n, position))
            if isinstance(n, int)
            else _above_chance(1 / n[:, None], position).log()
        )

    def bounds(self, candidates: int) -> tuple[float, float]:
        """Beta at this list size where rho is smallest and where it is largest."""
        low, high = sorted((self.rho, self.end))
        return _above_chance(1 / candidates, low), _above_chance(1 / candidates, high)


def _above_chance(chance: T, position: float) -> T:
    """What lies at a position between chance (0) and certainty (1)."""
    return chance + position * (1 - chance)


class LiftThreshold(Threshold):
    """Option A, more daring on long lists: `lift` times as likely as by chance, beta(n) = min(maximum, lift / n).

    Args:
        lift: How many times chance, at least 2.
        maximum: Threshold of short lists, in (0, 1].
    """

    def __init__(self, lift: float = 4.0, maximum: float = 0.75) -> None:
        self.lift = check_number("threshold.lift", lift, at_least=2)
        self.maximum = check_number("threshold.maximum", maximum, above=0, at_most=1)

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Log beta of the lists' sizes."""
        n = evidence.lists.n
        return (
            math.log(self.bounds(n)[0])
            if isinstance(n, int)
            else (self.lift / n[:, None]).clamp(max=self.maximum).log()
        )

    def bounds(self, candidates: int) -> tuple[float, float]:
        """Beta at this list size, twice."""
        beta = min(self.maximum, self.lift / candidates)
        return beta, beta


class MarginThreshold(Threshold):
    """Option B: plausible is what beats the best positive by a margin, p_i > e^delta p_y, whatever the other candidates.

    Args:
        delta: Margin in log-odds, above 0; log 3 = 1.0986 is what beta 0.75 means between two
            candidates.
    """

    def __init__(self, delta: float = math.log(3)) -> None:
        self.delta = check_number("threshold.delta", delta, above=0)

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Log p_y + delta of each list, [L, 1]."""
        return evidence.log_positive + self.delta

    # the margin compares two candidates of any list
    def bounds(self, candidates: int) -> tuple[float, float]:  # noqa: ARG002
        """The equivalent beta between two candidates, twice."""
        beta = 1 / (1 + math.exp(-self.delta))
        return beta, beta


class SplitThreshold(Threshold):
    """Option E in lists: one threshold for the candidates listed for the query (mined), another for those borrowed from the batch.

    Args:
        own: Threshold for candidates with a pair id.
        in_batch: Threshold for candidates without.
    """

    def __init__(self, own: Threshold, in_batch: Threshold) -> None:
        self.own = own
        self.in_batch = in_batch

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Log beta of each candidate, [L, C]."""
        own = self.own.log_beta(evidence)
        return (
            own
            if evidence.own is None
            else torch.where(evidence.own, own, self.in_batch.log_beta(evidence))
        )

    def bounds(self, candidates: int) -> tuple[float, float]:
        """The widest of both."""
        lows, highs = zip(
            self.own.bounds(candidates), self.in_batch.bounds(candidates), strict=True
        )
        return min(lows), max(highs)


class LabelThreshold(Threshold):
    """Option E in the pointwise view (0, s): one threshold to doubt a positive label, another to doubt a negative one.

    Args:
        positive: How sure the model must be of "not relevant" before a positive label is doubted.
        negative: How sure it must be of "relevant" before a negative label is doubted.
    """

    def __init__(self, positive: Threshold, negative: Threshold) -> None:
        self.positive = positive
        self.negative = negative

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """Log beta of each list, by its label, [L, 1]."""
        relevant = evidence.lists.column[:, None] == 1
        return torch.where(
            relevant, self.positive.log_beta(evidence), self.negative.log_beta(evidence)
        )

    def bounds(self, candidates: int) -> tuple[float, float]:
        """The widest of both."""
        lows, highs = zip(
            self.positive.bounds(candidates), self.negative.bounds(candidates), strict=True
        )
        return min(lows), max(highs)


class BudgetedThreshold(Threshold):
    """Option F: raise a threshold until at most a share of the lists in the batch is ambiguous, so that the labels cannot all be doubted.

    Args:
        threshold: The threshold to raise.
        budget: Largest share of ambiguous lists, for instance the estimated noise ratio, in (0, 1).
    """

    def __init__(self, threshold: Threshold, budget: float = 0.3) -> None:
        self.threshold = threshold
        self.budget = check_number("threshold.budget", budget, above=0, below=1)

    def log_beta(self, evidence: Evidence) -> LogBeta:
        """The inner threshold, shifted up by what the first list beyond the budget exceeds it."""
        log_beta = self.threshold.log_beta(evidence)
        excess = evidence.excess(log_beta)
        spared = math.floor(self.budget * len(excess) + 1e-9)
        if spared >= len(excess):
            return log_beta
        return log_beta + excess.sort(0, descending=True).values[spared].clamp(min=0).expand_as(
            excess
        )

    def bounds(self, candidates: int) -> tuple[float, float]:
        """Those of the threshold before it is raised."""
        return self.threshold.bounds(candidates)
