"""Label weakening: believe a label less once the model is confident that another candidate fits.

A reconstruction for retrieval from label relaxation (AAAI 2021) and robust data ambiguation (AAAI
2024); only the abstract of "Learning to Retrieve with Weakened Labels" (arXiv 2512.13237) was
available. Options beyond these papers are marked with the letters of docs/losses.md.
"""

import math
import warnings
from typing import NamedTuple

import torch
from torch import Tensor

from errors import InputError
from losses.base import Candidates, Decisions, Loss
from losses.checks import check_choice, check_number
from losses.confidence import Confidence, StudentConfidence
from losses.credal import graded_divergence, relaxed_divergence
from losses.evidence import Evidence, members_above
from losses.lists import Lists, Members, labelled_lists, positive_lists
from losses.null_candidate import NullCandidate
from losses.thresholds import CosineThreshold, Threshold


def label_weakening(
    scores: Tensor, targets: Tensor, mask: Tensor, *, alpha: float = 0.05, beta: float = 0.75
) -> Tensor:
    r"""Divergence from the prediction to the set of distributions that give the plausible candidates at least 1 - alpha.

    .. math:: L = \min_{q:\, q(S) \ge 1-\alpha} \mathrm{KL}(q \,\|\, p), \qquad S = \{y\} \cup \{i :
    p_i > \beta\}

    S is computed without gradient. With P = p(S) the minimum is :math:`(1-\alpha)
    \log\frac{1-\alpha}{P} + \alpha \log\frac{\alpha}{1-P}` where P < 1 - alpha, else 0.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        alpha: Mass that may lie outside the plausible candidates, in (0, 1).
        beta: Confidence above which a candidate is plausible, in (0, 1].

    Returns:
        Loss of each query, [B].

    Reference:
        J. Lienen, E. Hüllermeier. Mitigating Label Noise through Data Ambiguation. AAAI 2024.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(
        relaxed_divergence(lists, alpha, Evidence(lists, 1.0).doubts(math.log(beta)))
    )


class _Weakened(NamedTuple):
    """Candidate lists with what is decided about them; everything but the lists is free of gradient."""

    lists: Lists
    extra: (
        Members | None
    )  # plausible besides the best positive: other positives, and what the model is confident of
    support: (
        Tensor | None
    )  # support in [0, 1] from label and confidence where it is not just 0 or 1, [L, C]
    evidence: Evidence

    def plausible(self) -> Tensor:
        """Number of plausible candidates, [L]."""
        one = torch.ones_like(self.lists.sizes)
        return one if self.extra is None else one + self.extra.marks.sign().sum(-1)

    def vacuous(self) -> Tensor:
        """Lists in which every candidate is plausible, [L]."""
        return self.plausible() == self.lists.sizes

    def ambiguous(self) -> Tensor:
        """Lists in which a candidate is plausible that no label names, [L]."""
        if self.extra is None:
            return torch.zeros_like(self.lists.column, dtype=torch.bool)
        return (self.extra.marks.bool() & ~self.lists.labelled).any(-1)


@torch.no_grad()
def _decisions(weakened: _Weakened, divergence: Tensor) -> Decisions:
    lists, active, plausible = weakened.lists, divergence > 0, weakened.plausible()
    vacuous = plausible == lists.sizes
    each = Decisions(
        active=active,
        ambiguous=weakened.ambiguous(),
        vacuous=vacuous,
        in_credal=~active & ~vacuous,
        plausible=plausible,
        confidence=weakened.evidence.log_largest.exp().squeeze(-1),
    )
    return Decisions(
        *(lists.average(value.to(lists.raw.dtype)) for value in each if value is not None)
    )


class LabelWeakening(Loss):
    """Label weakening with its options; see `label_weakening` for the definition.

    Args:
        alpha: Mass that may lie outside the plausible candidates, in (0, 1).
        threshold: Confidence that makes a candidate plausible; a cosine from 0.75 to 0.6 by
            default.
        warmup: Share of the training in which only the labels are plausible (label relaxation), in
            [0, 1].
        positives: What several positives of a query mean. `per_positive`: each must win by itself.
            `disjunctive`: their union must win. `graded`: lower grades are less possible, g /
            g_max.
        confidence: Whose confidence counts; the model's own by default.
        softness: Option D: let the possibility rise as (p / beta)^softness below the threshold
            instead of jumping there, above 0.
        null_candidate: Option G: a virtual candidate "none of these" that can release a wrong
            positive.
        floor: Option H: weight of label relaxation on rows where everything is plausible, in [0,
            1]; 0 leaves them out.
        mean_over: Which losses count in the mean of a batch: of all `supervised` queries, or of the
            `active`, whose loss is above 0.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.05,
        threshold: Threshold | None = None,
        warmup: float = 0.1,
        positives: str = "per_positive",
        confidence: Confidence | None = None,
        softness: float | None = None,
        null_candidate: NullCandidate | None = None,
        floor: float = 0.0,
        mean_over: str = "supervised",
    ) -> None:
        super().__init__()
        self.alpha = check_number("alpha", alpha, above=0, below=1)
        self.threshold = threshold or CosineThreshold()
        self.warmup = check_number("warmup", warmup, at_least=0, at_most=1)
        self.positives = check_choice(
            "positives", positives, ("per_positive", "disjunctive", "graded")
        )
        self.confidence = confidence or StudentConfidence()
        self.softness = None if softness is None else check_number("softness", softness, above=0)
        self.null_candidate = null_candidate
        self.floor = check_number("floor", floor, at_least=0, at_most=1)
        self.mean_over_active = (
            check_choice("mean_over", mean_over, ("supervised", "active")) == "active"
        )
        self.needs_pair_ids = self.confidence.needs_pair_ids
        self.needs_teacher = self.confidence.needs_teacher
        self.teacher_decay = self.confidence.teacher_decay

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        weakened = self._weaken(batch, learn=self.training)
        return weakened.lists.average(self._divergence(weakened))

    def judge(self, batch: Candidates) -> tuple[Tensor, Decisions]:
        """One value per query, [B], and what became plausible on the way."""
        weakened = self._weaken(batch, learn=self.training)
        divergence = self._divergence(weakened)
        return weakened.lists.average(divergence), _decisions(weakened, divergence.detach())

    @torch.no_grad()
    def decide(self, batch: Candidates) -> Decisions:
        """What became plausible for each query; the state stays as it is."""
        weakened = self._weaken(batch, learn=False)
        return _decisions(weakened, self._divergence(weakened))

    def check_list(self, candidates: int) -> None:
        """Check the threshold against the list size; see `Loss.check_list`. Warns where ambiguous labels are only dropped."""
        super().check_list(candidates)
        lowest, _ = self.threshold.bounds(candidates)
        if lowest <= 1 / candidates:
            raise InputError(
                f"loss.threshold: beta falls to {lowest:g}, but lists of {candidates} candidates "
                f"need more than 1/{candidates} = {1 / candidates:g}, or an even prediction makes "
                "everything plausible; raise beta or use losses.ChanceCorrectedThreshold."
            )
        if lowest >= 1 - self.alpha:
            warnings.warn(
                f"loss.threshold: beta is at least {lowest:g}, never below 1 - loss.alpha: "
                "ambiguous labels are only dropped",
                stacklevel=2,
            )

    def _weaken(self, batch: Candidates, *, learn: bool) -> _Weakened:
        """Decide which candidates are plausible; the decisions see only detached scores."""
        batch = batch if self.null_candidate is None else self.null_candidate.extend(batch)
        lists = (positive_lists if self.positives == "per_positive" else labelled_lists)(
            batch.scores, batch.targets, batch.mask
        )
        grade = self._grades(lists, batch) if self.positives == "graded" else None
        logits = self.confidence.logits(batch, learn=learn)
        own = None if batch.pair_ids is None else lists.arrange(batch.pair_ids) >= 0
        evidence = Evidence(
            lists, self.progress, logits=None if logits is batch.scores else logits, own=own
        )
        if self.progress < self.warmup:
            return _Weakened(lists, self._besides(lists, grade, None), grade, evidence)
        log_beta = self.threshold.log_beta(evidence)
        if lists.positives is None and self.softness is None:
            return _Weakened(lists, evidence.doubts(log_beta), None, evidence)
        excess = evidence.log_confidence - log_beta
        support = self._support(lists, grade, excess)
        return _Weakened(lists, self._besides(lists, grade, excess), support, evidence)

    def _grades(self, lists: Lists, batch: Candidates) -> Tensor:
        """Grades over the best of the list, 0 outside, [L, C]."""
        grades = torch.where(lists.labelled, lists.arrange(batch.targets), 0)
        return grades / grades.amax(-1, keepdim=True)

    def _besides(self, lists: Lists, grade: Tensor | None, excess: Tensor | None) -> Members | None:
        """The fully plausible candidates besides the best positive, from what they exceed the threshold by [L, C], which is overwritten."""
        if lists.positives is not None:
            excess = torch.zeros_like(lists.scores) if excess is None else excess
            excess = excess.masked_fill(lists.positives if grade is None else grade == 1, 1.0)
        return None if excess is None else members_above(lists, excess)

    def _support(self, lists: Lists, grade: Tensor | None, excess: Tensor) -> Tensor | None:
        """Support of each candidate in [0, 1], [L, C]; None where it is 1 for the plausible and 0 for the others."""
        if self.softness is not None:
            support = (self.softness * excess.clamp(max=0)).exp()
            return torch.maximum(
                support, lists.labelled.to(support.dtype) if grade is None else grade
            )
        return None if grade is None else torch.where(excess > 0, 1.0, grade)

    def _divergence(self, weakened: _Weakened) -> Tensor:
        """Divergence from the prediction to the credal set, [L]."""
        lists = weakened.lists
        if weakened.support is None:
            divergence = relaxed_divergence(lists, self.alpha, weakened.extra)
        else:
            possibility = self.alpha + (1 - self.alpha) * weakened.support
            divergence = graded_divergence(lists.finite_log_p, possibility, lists.mask)
        if self.floor == 0:
            return divergence
        relaxed = relaxed_divergence(lists, self.alpha, self._besides(lists, None, None))
        return torch.where(weakened.vacuous(), self.floor * relaxed, divergence)
