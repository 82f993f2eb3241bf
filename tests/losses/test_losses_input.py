"""Parameters and inputs that are refused, and the words they are refused with."""

import math
from collections.abc import Callable

import pytest
import torch
from loss_batches import first_positive

import losses
from errors import InputError
from losses import ConstantThreshold, LabelWeakening, Pointwise


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (
            lambda: LabelWeakening(alpha=0),
            r"loss.alpha=0: must be a number in \(0, 1\)",
        ),
        (lambda: LabelWeakening(alpha=1), "loss.alpha"),
        (lambda: LabelWeakening(alpha="abc"), "loss.alpha=abc: must be a number"),
        (lambda: LabelWeakening(alpha=math.nan), "loss.alpha=nan"),
        (lambda: LabelWeakening(warmup=2), "loss.warmup"),
        (
            lambda: LabelWeakening(positives="all"),
            "loss.positives=all: must be one of per_positive, disjunctive, graded",
        ),
        (lambda: LabelWeakening(softness=0), "loss.softness"),
        (lambda: LabelWeakening(floor=-1), "loss.floor"),
        (
            lambda: LabelWeakening(mean_over="all"),
            "loss.mean_over=all: must be one of supervised, active",
        ),
        (lambda: ConstantThreshold(0), "loss.threshold.beta"),
        (lambda: ConstantThreshold(1.1), "loss.threshold.beta"),
        (lambda: losses.CosineThreshold(start=1.5), "loss.threshold.start"),
        (lambda: losses.LiftThreshold(lift=1), "loss.threshold.lift"),
        (lambda: losses.MarginThreshold(0), "loss.threshold.delta"),
        (lambda: losses.OddsThreshold(start=0.5), "loss.threshold.start"),
        (lambda: LabelWeakening(bound=0), "loss.bound"),
        (lambda: losses.ChanceCorrectedThreshold(1), "loss.threshold.rho"),
        (lambda: losses.ChanceCorrectedThreshold(0.1, end=1.5), "loss.threshold.end"),
        (lambda: losses.BudgetedThreshold(ConstantThreshold(), budget=1), "loss.threshold.budget"),
        (lambda: losses.PairAverageConfidence(1), "loss.confidence.decay"),
        (lambda: losses.PriorCorrectedConfidence(0), "loss.confidence.positive_rate"),
        (lambda: losses.LabelRelaxation(1.0), "loss.alpha"),
        (lambda: losses.LabelSmoothing(1.0), "loss.epsilon"),
        (lambda: losses.GeneralizedCrossEntropy(0), "loss.q"),
        (lambda: losses.TruncatedGeneralizedCrossEntropy(k=1), "loss.k"),
        (lambda: losses.ReverseCrossEntropy(0), "loss.clamp"),
        (lambda: losses.NormalizedCrossEntropy(0), "loss.reference_size"),
        (lambda: losses.AsymmetricUnhinged(a=1), "loss.a"),
        (lambda: losses.Cores(start=0.5, full=0.4), "loss.full"),
        (lambda: losses.EarlyLearningRegularization(decay=1), "loss.decay"),
        (lambda: losses.TaylorCrossEntropy(0), "loss.order"),
        (lambda: losses.TaylorCrossEntropy(1.5), "loss.order"),
        (lambda: losses.PHuberCrossEntropy(1), "loss.tau"),
        (lambda: losses.JensenShannon(1), "loss.label_weight"),
        (lambda: losses.DynamicsAware(q_end=1), "loss.q_end"),
        (lambda: losses.Rince(lam=0), "loss.lam"),
        (lambda: losses.DebiasedContrastive(tau_plus=0), "loss.tau_plus"),
        (lambda: losses.GuidedContrastive(guide="oracle"), "loss.guide"),
        (lambda: losses.Hinge(0), "loss.margin"),
        (lambda: losses.CrossEntropy("graded"), "loss.positives"),
        (lambda: losses.WeightedSum([]), "loss.terms is empty"),
        (
            lambda: losses.WeightedSum([{"weight": -1, "loss": losses.CrossEntropy()}]),
            r"loss.terms\[0\].weight",
        ),
    ],
)
def test_parameter_out_of_range_is_refused_by_name(build: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        build()


@pytest.mark.parametrize(
    ("loss", "candidates", "words"),
    [
        (LabelWeakening(threshold=ConstantThreshold(0.1)), 8, "beta falls to 0.1"),
        (LabelWeakening(threshold=ConstantThreshold(0.125)), 8, "beta falls to 0.125"),
        (LabelWeakening(threshold=losses.CosineThreshold(0.75, 0.2)), 5, "beta falls to 0.2"),
        (Pointwise(LabelWeakening(threshold=ConstantThreshold(0.5))), 30, "beta falls to 0.5"),
        (losses.PHuberCrossEntropy(10), 10, "loss.tau is 10"),
        (losses.CrossEntropy(), 1, "needs at least 2"),
        (
            losses.WeightedSum([{"weight": 1, "loss": losses.PHuberCrossEntropy(10)}]),
            12,
            "loss.tau is 10",
        ),
    ],
)
def test_list_size_that_cannot_work_is_refused(
    loss: losses.Loss, candidates: int, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        loss.check_list(candidates)


def test_list_size_that_works() -> None:
    Pointwise(losses.CrossEntropy()).check_list(1)
    LabelWeakening(threshold=losses.ChanceCorrectedThreshold()).check_list(2)
    LabelWeakening(threshold=losses.MarginThreshold()).check_list(2)
    LabelWeakening().check_list(2)
    losses.Bixse().check_list(1)


def test_threshold_above_the_plausible_mass_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="ambiguous labels are only dropped"):
        LabelWeakening(alpha=0.3, threshold=ConstantThreshold(0.75)).check_list(8)


def test_scores_that_are_not_finite_are_named_by_row() -> None:
    scores, mask = torch.zeros(4, 3), torch.ones(4, 3, dtype=torch.bool)
    scores[1, 0], scores[3, 2], scores[2, 1] = torch.nan, torch.inf, torch.nan
    mask[2, 1] = False
    with pytest.raises(FloatingPointError, match=r"rows \[1, 3\]"):
        losses.check_finite(scores, mask)
    losses.check_finite(scores[2:3], mask[2:3])


def test_scores_that_are_not_finite_end_the_projection_too() -> None:
    scores = torch.tensor([[torch.nan, 1.0, 0.0], [2.0, 1.0, 0.0]])
    loss = LabelWeakening(softness=4.0, warmup=0.0)(first_positive(scores))
    assert loss.values.isfinite().tolist() == [False, True]
