"""Label weakening as a loss, with its options; their letters are those of docs/losses.md."""

import math
import warnings
from typing import Annotated, Literal

import torch
from torch import Tensor

from errors import InputError
from losses.candidate_lists import CandidateLists, positive_lists, whole_lists
from losses.candidates import PAIR, Candidates
from losses.loss import Decisions, Loss, LossOutput
from losses.parameters import Parameter, validated
from losses.weakening.confidence import (
    Confidence,
    PriorCorrectedConfidence,
    StudentConfidence,
)
from losses.weakening.credal import graded_divergence
from losses.weakening.label_weakening import (
    ALPHA,
    BOUND,
    THRESHOLD,
    bounded,
    relaxed_divergence,
)
from losses.weakening.null_candidate import NullCandidate
from losses.weakening.thresholds import Belief, Threshold

LONGEST_WARMUP = 1 / 3  # share of the training, unless another is given
TOLERANCE = 1e-9  # of a beta that went through a logarithm


class LabelWeakening(Loss):
    """Label weakening with its options; see `label_weakening` for the definition.

    Args:
        threshold: confidence that makes a candidate plausible.
        confidence: whose confidence counts; the model's own by default.
        null_candidate: Option G: a virtual candidate "none of these" that can release a wrong
            positive.
    """

    @validated()
    def __init__(
        self,
        *,
        alpha: Annotated[
            float, Parameter("mass that may lie outside the plausible candidates", "(0, 1)")
        ] = ALPHA,
        threshold: Threshold | None = None,
        bound: Annotated[
            float | None,
            Parameter("no loss exceeds 1 / bound; null: the divergence itself", "(0, inf)"),
        ] = BOUND,
        warmup: Annotated[
            float | None,
            Parameter(
                "share of the training without doubts; null: one epoch, at most a third", "[0, 1]"
            ),
        ] = None,
        positives: Annotated[
            Literal["per_positive", "disjunctive", "graded"],
            Parameter("how several of a query count"),
        ] = "per_positive",
        confidence: Confidence | None = None,
        softness: Annotated[
            float | None,
            Parameter("possibility rises as (p / beta)^softness; null: it jumps", "(0, inf)"),
        ] = None,
        null_candidate: NullCandidate | None = None,
        floor: Annotated[
            float, Parameter("weight of label relaxation where all is plausible", "[0, 1]")
        ] = 0.0,
        mean_over: Annotated[
            Literal["supervised", "active"], Parameter("queries in the mean: all, or those above 0")
        ] = "supervised",
    ) -> None:
        super().__init__()
        self.alpha, self.warmup, self.positives = alpha, warmup, positives
        self.threshold, self.bound = threshold or THRESHOLD, bound
        self.confidence = confidence or StudentConfidence()
        self.softness, self.floor, self.mean_over = softness, floor, mean_over
        self.null_candidate = null_candidate

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query, and what became plausible; the confidence may remember."""
        lists = self._lists(batch)
        confidence = self.confidence(lists)
        excess = confidence - self.threshold.log_beta(Belief(lists, confidence))
        if batch.progress < self._warm_share(batch):
            excess = torch.full_like(excess, -torch.inf)
        if self.softness is None and self.positives != "graded":
            plausible = lists.positive | (excess > 0)
            values = relaxed_divergence(lists.log_p, plausible, self.alpha)
        else:
            labels = self._labels(lists)
            plausible = (labels == 1) | (excess > 0)
            values = self._graded_divergence(lists, labels, plausible, excess)
        count = plausible.sum(-1)
        vacuous = count == lists.n
        if self.floor > 0:
            relaxed = relaxed_divergence(lists.log_p, lists.positive, self.alpha)
            values = torch.where(vacuous, self.floor * relaxed, values)
        if self.bound is not None:
            values = bounded(values, self.bound)
        active = values.detach() > 0
        decisions = Decisions(
            active=active,
            ambiguous=(plausible & lists.rivals).any(-1),
            vacuous=vacuous,
            in_credal=~(active | vacuous),
            plausible=count,
            confidence=confidence.amax(-1).exp(),
        )
        output = lists.output(values, decisions)
        if self.mean_over == "active":
            output = output._replace(counted=output.values != 0)
        return output

    def check_list(self, candidates: int) -> None:
        """Check the threshold against the list size; warn where doubted labels are only dropped.

        See `Loss.check_list`.
        """
        super().check_list(candidates)
        if isinstance(self.confidence, PriorCorrectedConfidence):
            self.confidence(_probe(candidates))  # it refuses lists
        even, contradicted = (self._lowest_beta(candidates, score) for score in (0.0, -20.0))
        if even <= 1 / candidates + TOLERANCE:
            raise InputError(
                f"loss.threshold: beta falls to {even:g}, but lists of {candidates} candidates "
                f"need more than 1/{candidates} = {1 / candidates:g}, or an even prediction makes "
                "everything plausible; raise beta or use losses.ChanceCorrectedThreshold."
            )
        if contradicted >= 1 - self.alpha - TOLERANCE:
            warnings.warn(
                f"loss.threshold: beta is at least {contradicted:g}, never below 1 - loss.alpha: "
                "ambiguous labels are only dropped",
                stacklevel=2,
            )

    def _lowest_beta(self, candidates: int, label_score: float) -> float:
        """Return the smallest beta in lists of this size in which only the label's score differs.

        Args:
            candidates: number of candidates.
            label_score: the label's score; the others have 0.
        """
        lowest = math.inf
        for progress in (0.0, 1.0):
            lists = _probe(candidates, label_score, progress)
            log_beta = self.threshold.log_beta(Belief(lists, lists.log_p))
            lowest = min(lowest, torch.as_tensor(log_beta).double().exp().min().item())
        return lowest

    def _warm_share(self, batch: Candidates) -> float:
        """Return the share of the training in which the labels alone count."""
        return min(1 / batch.epochs, LONGEST_WARMUP) if self.warmup is None else self.warmup

    def _lists(self, batch: Candidates) -> CandidateLists:
        batch = batch if self.null_candidate is None else self.null_candidate.extend(batch)
        return (positive_lists if self.positives == "per_positive" else whole_lists)(batch)

    def _labels(self, lists: CandidateLists) -> Tensor:
        """Return the possibility of each candidate by the labels alone, in [0, 1], [L, C]."""
        if self.positives != "graded":
            return lists.positive.to(lists.log_p.dtype)
        grades = torch.where(lists.positive, lists.arrange(lists.batch.targets), 0.0)
        return grades / grades.amax(-1, keepdim=True)

    def _graded_divergence(
        self, lists: CandidateLists, labels: Tensor, plausible: Tensor, excess: Tensor
    ) -> Tensor:
        """Return the divergence where labels, or doubts of them, have several levels, [L]."""
        if self.softness is None:
            doubts = plausible.to(labels.dtype)
        else:
            doubts = (self.softness * excess).exp().clamp(max=1)
        possibility = self.alpha + (1 - self.alpha) * torch.maximum(labels, doubts)
        return graded_divergence(lists.log_p, possibility, lists.mask)


def _probe(candidates: int, label_score: float = 0.0, progress: float = 0.0) -> CandidateLists:
    """Return two lists of this size in which only the label's score differs from 0."""
    labels = torch.eye(2, candidates, dtype=torch.float64)
    return positive_lists(
        Candidates(
            labels * label_score,
            labels,
            torch.ones_like(labels, dtype=torch.bool),
            pair_ids=torch.arange(candidates).expand(2, -1) - 1,  # one document is borrowed
            progress=progress,
            pointwise=candidates == PAIR,
        )
    )
