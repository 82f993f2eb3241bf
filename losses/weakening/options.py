"""Label weakening as a loss, with its options; their letters are those of docs/losses.md."""

import warnings
from typing import Annotated, Literal

import torch
from torch import Tensor

from errors import InputError
from losses.candidate_lists import CandidateLists, positive_lists, whole_lists
from losses.candidates import Candidates
from losses.loss import Decisions, Loss, LossOutput
from losses.parameters import Parameter, validated
from losses.weakening.confidence import Confidence, StudentConfidence
from losses.weakening.credal import graded_divergence
from losses.weakening.label_weakening import ALPHA, THRESHOLD, relaxed_divergence
from losses.weakening.null_candidate import NullCandidate
from losses.weakening.thresholds import Belief, Threshold

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
        warmup: Annotated[float, Parameter("share of the training without doubts", "[0, 1]")] = 0.0,
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
            float,
            Parameter("weight of label relaxation where all is plausible", "[0, 1]"),
        ] = 0.0,
        mean_over: Annotated[
            Literal["supervised", "active"],
            Parameter("queries in the mean: all, or those above 0"),
        ] = "supervised",
    ) -> None:
        super().__init__()
        self.alpha, self.warmup, self.positives = alpha, warmup, positives
        self.threshold = threshold or THRESHOLD
        self.confidence = confidence or StudentConfidence()
        self.softness, self.floor, self.mean_over = softness, floor, mean_over
        self.null_candidate = null_candidate

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query, and what became plausible; the confidence may remember."""
        lists = self._lists(batch)
        grades = self._grades(lists)
        confidence = self.confidence(lists)
        excess = confidence - self.threshold.log_beta(Belief(lists, confidence))
        if batch.progress < self.warmup:
            excess = torch.full_like(excess, -torch.inf)
        plausible = (grades == 1) | (excess > 0)
        values = self._divergence(lists, grades, excess, plausible)
        output = lists.output(values, _decisions(lists, values.detach(), plausible, confidence))
        return (
            output
            if self.mean_over == "supervised"
            else output._replace(counted=output.values != 0)
        )

    def check_list(self, candidates: int) -> None:
        """Check the threshold against the list size; warn where doubted labels are only dropped.

        See `Loss.check_list`.
        """
        super().check_list(candidates)
        lowest = min(self._beta_of_even_lists(candidates, progress) for progress in (0.0, 1.0))
        if lowest <= 1 / candidates + TOLERANCE:
            raise InputError(
                f"loss.threshold: beta falls to {lowest:g}, but lists of {candidates} candidates "
                f"need more than 1/{candidates} = {1 / candidates:g}, or an even prediction makes "
                "everything plausible; raise beta or use losses.ChanceCorrectedThreshold."
            )
        if lowest >= 1 - self.alpha - TOLERANCE:
            warnings.warn(
                f"loss.threshold: beta is at least {lowest:g}, never below 1 - loss.alpha: "
                "ambiguous labels are only dropped",
                stacklevel=2,
            )

    def _beta_of_even_lists(self, candidates: int, progress: float) -> float:
        """Return the smallest beta in lists of this size with equal scores, whatever the label."""
        scores = torch.zeros(2, candidates, dtype=torch.float64)
        pair_ids = torch.arange(candidates).expand(2, -1) - 1  # one document is borrowed
        lists = positive_lists(
            Candidates(
                scores,
                torch.eye(2, candidates),
                torch.ones_like(scores, dtype=torch.bool),
                pair_ids=pair_ids,
                progress=progress,
            )
        )
        log_beta = self.threshold.log_beta(Belief(lists, lists.log_p))
        return torch.as_tensor(log_beta, dtype=torch.float64).exp().min().item()

    def _lists(self, batch: Candidates) -> CandidateLists:
        batch = batch if self.null_candidate is None else self.null_candidate.extend(batch)
        return (positive_lists if self.positives == "per_positive" else whole_lists)(batch)

    def _grades(self, lists: CandidateLists) -> Tensor:
        """Return the possibility of each candidate by the labels alone, in [0, 1], [L, C]."""
        if self.positives != "graded":
            return lists.positive.to(lists.log_p.dtype)
        grades = lists.arrange(lists.batch.targets).masked_fill(~lists.positive, 0.0)
        return grades / grades.amax(-1, keepdim=True)

    def _divergence(
        self, lists: CandidateLists, grades: Tensor, excess: Tensor, plausible: Tensor
    ) -> Tensor:
        """Return the divergence from the prediction to the credal set, [L]."""
        if self.softness is None and self.positives != "graded":
            divergence = relaxed_divergence(lists.log_p, plausible, self.alpha)
        else:
            soft = (
                plausible if self.softness is None else (self.softness * excess).exp().clamp(max=1)
            )
            support = torch.maximum(grades, soft.to(grades.dtype))
            possibility = self.alpha + (1 - self.alpha) * support
            divergence = graded_divergence(lists.log_p, possibility, lists.mask)
        if self.floor == 0:
            return divergence
        relaxed = relaxed_divergence(lists.log_p, lists.positive, self.alpha)
        return torch.where(_vacuous(lists, plausible), self.floor * relaxed, divergence)


def _vacuous(lists: CandidateLists, plausible: Tensor) -> Tensor:
    """Return the lists in which every candidate is plausible, [L]."""
    return (plausible | ~lists.mask).all(-1)


@torch.no_grad()
def _decisions(
    lists: CandidateLists, values: Tensor, plausible: Tensor, confidence: Tensor
) -> Decisions:
    active, vacuous = values > 0, _vacuous(lists, plausible)
    each = Decisions(
        active=active,
        ambiguous=(plausible & ~lists.positive).any(-1),
        vacuous=vacuous,
        in_credal=~active & ~vacuous,
        plausible=plausible.sum(-1),
        confidence=confidence.amax(-1).exp(),
    )
    values = torch.stack([value.to(values.dtype) for value in each if value is not None])
    return Decisions(*lists.mean(values))
