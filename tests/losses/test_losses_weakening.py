"""Label weakening: edge cases, thresholds, sources of confidence, and what it reports."""

import math

import pytest
import torch
from loss_batches import everything, first_positive
from torch import Tensor

import losses
from losses import (
    BudgetedThreshold,
    Candidates,
    ChanceCorrectedThreshold,
    ConstantThreshold,
    LabelThreshold,
    LabelWeakening,
    LiftThreshold,
    LinearThreshold,
    MarginThreshold,
    OddsThreshold,
    SplitThreshold,
)


def scores_of(*rows: list[float]) -> Tensor:
    """Scores whose softmax is the given probabilities."""
    return torch.tensor(rows, dtype=torch.float64).log()


def weakening(threshold: losses.Threshold | None = None, **options: object) -> LabelWeakening:
    options = {"alpha": 0.05, "bound": None, "warmup": 0.0, **options}
    return LabelWeakening(threshold=threshold or ConstantThreshold(0.6), **options)


def decided(loss: losses.Loss, scores: Tensor, **extras: Tensor) -> losses.Decisions:
    decisions = loss(first_positive(scores, **extras)).decisions
    assert decisions is not None
    return decisions


SURE_OF_ANOTHER, UNSURE, SURE_OF_THE_LABEL = (
    [0.1, 0.7, 0.15, 0.05],
    [0.4, 0.3, 0.2, 0.1],
    [0.97, 0.01, 0.01, 0.01],
)


def test_decisions() -> None:
    scores = scores_of(SURE_OF_ANOTHER, UNSURE, SURE_OF_THE_LABEL, [0.05, 0.949, 0.0005, 0.0005])
    decisions = decided(weakening(), scores)
    assert decisions.ambiguous.tolist() == [1, 0, 0, 1]
    assert decisions.active.tolist() == [1, 1, 0, 0]
    assert decisions.in_credal.tolist() == [0, 0, 1, 1]
    assert decisions.vacuous.tolist() == [0, 0, 0, 0]
    assert decisions.plausible.tolist() == [2, 1, 1, 2]
    assert decisions.confidence.tolist() == pytest.approx([0.7, 0.4, 0.97, 0.949])


def test_everything_plausible_is_vacuous_without_gradient() -> None:
    scores = scores_of([0.2, 0.8]).requires_grad_()
    loss = weakening()
    value = loss(first_positive(scores)).mean()
    value.backward()
    assert value == 0
    assert (scores.grad == 0).all()
    assert decided(loss, scores.detach()).vacuous.tolist() == [1]


def test_floor_keeps_a_little_label_relaxation_on_vacuous_rows() -> None:
    scores = scores_of([0.2, 0.8])
    batch = first_positive(scores)
    expected = 0.05 * losses.LabelRelaxation(alpha=0.05)(batch).values
    torch.testing.assert_close(weakening(floor=0.05)(batch).values, expected)


def test_an_even_prediction_at_the_threshold_is_not_plausible() -> None:
    scores = torch.zeros(1, 4, dtype=torch.float64)
    assert decided(weakening(ConstantThreshold(0.25)), scores).plausible.tolist() == [1]


def test_ambiguous_gradient_is_shared_in_proportion() -> None:
    scores = scores_of(SURE_OF_ANOTHER).requires_grad_()
    weakening()(first_positive(scores)).values.sum().backward()
    gradient = scores.grad[0]
    assert gradient[1] / gradient[0] == pytest.approx(0.7 / 0.1)
    assert gradient.sum().item() == pytest.approx(0)


def test_warm_up_is_label_relaxation() -> None:
    scores = scores_of(SURE_OF_ANOTHER)
    loss = weakening(warmup=0.1)
    batch = first_positive(scores)
    relaxed = losses.LabelRelaxation(alpha=0.05)(batch).values
    torch.testing.assert_close(loss(batch).values, relaxed)
    assert loss(batch._replace(progress=0.1)).values < relaxed


@pytest.mark.parametrize(("epochs", "begins"), [(1, 1 / 3), (3, 1 / 3), (4, 1 / 4), (10, 1 / 10)])
def test_doubts_begin_after_an_epoch_or_a_third(epochs: float, begins: float) -> None:
    loss, scores = weakening(warmup=None), scores_of(SURE_OF_ANOTHER)
    for progress, doubted in ((0.99 * begins, False), (begins, True)):
        assert decided(loss, scores, progress=progress, epochs=epochs).ambiguous == doubted


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (ChanceCorrectedThreshold(0.5), 0.625),
        (ChanceCorrectedThreshold(0.2, end=0.8), 0.625),
        (LiftThreshold(2, maximum=0.75), 0.5),
        (LiftThreshold(4, maximum=0.75), 0.75),
        (LinearThreshold(0.8, 0.6), 0.7),
        (losses.CosineThreshold(0.8, 0.6), 0.7),
    ],
)
def test_thresholds(threshold: losses.Threshold, expected: float) -> None:
    for p, plausible in ((expected - 0.01, 1), (expected + 0.01, 2)):
        scores = scores_of([0.1, p, (0.9 - p) / 2, (0.9 - p) / 2])
        assert decided(weakening(threshold), scores, progress=0.5).plausible.tolist() == [plausible]


def test_a_threshold_that_rises_to_certainty_leaves_the_labels_alone() -> None:
    loss = weakening(ChanceCorrectedThreshold(0.1, end=1.0))
    assert decided(loss, scores_of(SURE_OF_ANOTHER)).ambiguous.tolist() == [1]
    scores = scores_of(SURE_OF_ANOTHER, [1e-9, 1 - 3e-9, 1e-9, 1e-9])
    assert decided(loss, scores, progress=1.0).ambiguous.tolist() == [0, 0]


def test_margin_threshold_compares_with_the_positive_alone() -> None:
    scores = scores_of(
        [0.1, 0.31, 0.29, 0.2, 0.1], [0.2, 0.55, 0.1, 0.1, 0.05], [0.2, 0.61, 0.1, 0.05, 0.04]
    )
    assert decided(weakening(MarginThreshold(math.log(3))), scores).plausible.tolist() == [2, 1, 2]


def test_odds_threshold_compares_with_the_positive_and_with_chance() -> None:
    loss = weakening(OddsThreshold(start=2, end=100, rho=0.4))  # 4 candidates: beta at least 0.55
    twice = [[0.28, 0.57, 0.1, 0.05], [0.29, 0.57, 0.09, 0.05], [0.2, 0.54, 0.2, 0.06]]
    assert decided(loss, scores_of(*twice)).plausible.tolist() == [2, 1, 1]
    late = [[0.009, 0.971, 0.01, 0.01], [0.01, 0.97, 0.01, 0.01]]
    assert decided(loss, scores_of(*late), progress=1.0).plausible.tolist() == [2, 1]
    half_way = [[0.04, 0.58, 0.2, 0.18], [0.042, 0.58, 0.2, 0.178]]  # the root of 2 * 100 is 14.1
    assert decided(loss, scores_of(*half_way), progress=0.5).plausible.tolist() == [2, 1]


def test_budget_spares_the_least_contradicted_labels() -> None:
    rows = [[0.1, p, 0.85 - p, 0.05] for p in (0.65, 0.7, 0.75, 0.62)]
    loss = weakening(BudgetedThreshold(ConstantThreshold(0.6), budget=0.5))
    assert decided(loss, scores_of(*rows)).ambiguous.tolist() == [0, 1, 1, 0]
    assert decided(loss, scores_of(UNSURE, UNSURE)).ambiguous.tolist() == [0, 0]


def test_split_threshold_tells_listed_candidates_from_borrowed_ones() -> None:
    loss = weakening(SplitThreshold(own=ConstantThreshold(0.9), in_batch=ConstantThreshold(0.6)))
    scores = scores_of(SURE_OF_ANOTHER, SURE_OF_ANOTHER)
    ids = torch.tensor([[0, 1, -1, -1], [2, -1, -1, -1]])
    assert decided(loss, scores, pair_ids=ids).ambiguous.tolist() == [0, 1]


def test_teacher_decides_and_the_student_keeps_its_odds() -> None:
    loss = weakening(confidence=losses.TeacherConfidence())
    scores, teacher = scores_of(UNSURE).requires_grad_(), scores_of([0.05, 0.15, 0.7, 0.1])
    value = loss(first_positive(scores, teacher=teacher)).values
    expected = losses.CrossEntropy("disjunctive")(
        Candidates(scores, torch.tensor([[1, 0, 1.0, 0]]), everything(scores))
    ).values
    assert decided(loss, scores.detach(), teacher=teacher).plausible.tolist() == [2]
    assert value > 0
    assert (
        torch.autograd.grad(value.sum(), scores)[0].sign().tolist()
        == torch.autograd.grad(expected.sum(), scores)[0].sign().tolist()
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_plausible_candidates_may_be_hopelessly_unlikely(dtype: torch.dtype) -> None:
    """A candidate with probability 0 in floating point is plausible: masses are logarithms."""
    scores = torch.tensor([[-200.0, -150.0, 0.0, -1.0]], dtype=dtype).requires_grad_()
    teacher = torch.tensor([[-9.0, 9.0, 0.0, 0.0]], dtype=dtype)
    loss = weakening(confidence=losses.TeacherConfidence())
    value = loss(first_positive(scores, teacher=teacher)).values
    rest, alpha = math.log(1 + math.exp(-1)), 0.05
    expected = (1 - alpha) * (math.log(1 - alpha) + 150 + rest) + alpha * math.log(alpha)
    assert value.item() == pytest.approx(expected, rel=1e-6)
    (gradient,) = torch.autograd.grad(value.sum(), scores)
    assert gradient[0].tolist() == pytest.approx(
        [0, -0.95, 0.95 / (1 + math.exp(-1)), 0.95 / (1 + math.exp(1))], rel=1e-5
    )


@pytest.mark.parametrize("positives", ["per_positive", "disjunctive"])
def test_a_hopeless_row_leaves_the_others_alone(positives: str) -> None:
    """A positive too unlikely for float32 is computed from logarithms, with the same result."""
    usual = scores_of(SURE_OF_ANOTHER, UNSURE, SURE_OF_THE_LABEL).float()
    both = torch.cat([usual, torch.tensor([[-300.0, 0.0, -0.1, -0.2]])]).requires_grad_()
    usual.requires_grad_()
    loss = weakening(positives=positives)
    alone, together = (loss(first_positive(scores)).values for scores in (usual, both))
    torch.testing.assert_close(together[:3], alone, rtol=1e-6, atol=1e-7)
    assert together[3].item() == pytest.approx(0.95 * 300, rel=0.01)
    gradients = [
        torch.autograd.grad(value.sum(), scores)[0][:3]
        for value, scores in ((together, both), (alone, usual))
    ]
    torch.testing.assert_close(*gradients, rtol=1e-6, atol=1e-7)


def test_second_derivatives() -> None:
    scores = scores_of(UNSURE, SURE_OF_ANOTHER).requires_grad_()
    loss = weakening()
    assert torch.autograd.gradgradcheck(lambda scores: loss(first_positive(scores)).values, scores)


def test_null_candidate_releases_a_wrong_positive() -> None:
    loss = weakening(null_candidate=losses.NullCandidate(5.0))
    scores = torch.tensor([[0.0, -1.0, -1.0]])
    assert decided(loss, scores).plausible.tolist() == [2]
    assert loss(first_positive(scores)).values == 0
    value = loss(first_positive(scores + 4.0)).mean()
    (gradient,) = torch.autograd.grad(value, loss.parameters())
    assert gradient != 0


def pointwise(**options: object) -> losses.Pointwise:
    return losses.Pointwise(
        LabelWeakening(
            alpha=0.05,
            threshold=options.pop("threshold", ConstantThreshold(0.75)),
            warmup=0.0,
            **options,
        )
    )


def test_pointwise_view_averages_the_documents_of_a_query() -> None:
    scores = torch.tensor([[2.0, -1.0, 9.0], [0.5, 9.0, 9.0]], dtype=torch.float64)
    targets = torch.tensor([[1.0, 0, 0], [0.0, 1, 1]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    expected = [
        (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2,
        math.log1p(math.exp(0.5)),
    ]
    value = losses.Pointwise(losses.CrossEntropy())(Candidates(scores, targets, mask)).values
    assert value.tolist() == pytest.approx(expected)


def test_rare_positives_are_doubted_by_raw_confidence_only() -> None:
    """A model that has learnt nothing but the base rate must not lose its positives."""
    rate = 0.1
    scores = torch.full((1, 10), math.log(rate / (1 - rate)))
    raw, corrected = pointwise(), pointwise(confidence=losses.PriorCorrectedConfidence())
    fixed = pointwise(confidence=losses.PriorCorrectedConfidence(rate))
    split = pointwise(
        threshold=LabelThreshold(positive=ConstantThreshold(0.95), negative=ConstantThreshold(0.75))
    )
    assert [
        decided(loss, scores).vacuous.item() for loss in (raw, corrected, fixed, split)
    ] == pytest.approx([0.1, 0, 0, 0])


def test_vacuous_documents_are_counted_by_their_label() -> None:
    scores = torch.tensor([[-3.0, 3.0, 0.0], [-3.0, -3.0, 9.0]])
    targets, mask = (
        torch.tensor([[1.0, 0, 0], [0, 0, 0]]),
        torch.tensor([[True, True, True], [True, True, False]]),
    )
    decisions = pointwise()(Candidates(scores, targets, mask)).decisions
    assert decisions.vacuous_positives.nan_to_num(-1).tolist() == [1, -1]
    assert decisions.vacuous_negatives.tolist() == [0.5, 0]


def test_lists_that_need_no_more_push_count_in_the_mean() -> None:
    scores = scores_of(SURE_OF_THE_LABEL, UNSURE)
    loss = weakening()
    output = loss(first_positive(scores))
    assert output.values[0] == 0
    assert output.mean().item() == pytest.approx(output.values[1].item() / 2)


def test_negatives_are_never_prior_corrected() -> None:
    scores = torch.tensor([[0.5], [1.5]])  # relevant with 0.62 and 0.82
    loss = pointwise(confidence=losses.PriorCorrectedConfidence(0.1))
    decisions = loss(Candidates(scores, torch.zeros(2, 1), everything(scores))).decisions
    assert decisions.ambiguous.tolist() == [0, 1]


def test_the_mean_can_leave_out_what_is_learnt() -> None:
    scores = scores_of(SURE_OF_ANOTHER, UNSURE, SURE_OF_THE_LABEL)
    output = weakening()(first_positive(scores))
    assert output.values.count_nonzero() == 2
    total = output.values.sum().item()
    assert output.mean().item() == pytest.approx(total / 3)
    active = weakening(mean_over="active")
    for loss in (active, losses.WeightedSum([{"weight": 1.0, "loss": active}])):
        assert loss(first_positive(scores)).mean().item() == pytest.approx(total / 2)
    learnt = scores_of(SURE_OF_THE_LABEL).requires_grad_()
    value = active(first_positive(learnt)).mean()
    assert value == 0
    assert (torch.autograd.grad(value, learnt)[0] == 0).all()
