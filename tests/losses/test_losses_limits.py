"""Limits between losses, constant sums over labels, and projection by a numerical solver."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from loss_batches import diagonal, diagonal_lists
from scipy.optimize import minimize

import losses
from errors import InputError
from losses.weakening.credal import project

CANDIDATES = 7
LISTS = diagonal_lists(candidates=CANDIDATES)
NOTHING_EXCEEDS = losses.ConstantThreshold(1.0)
THREE_QUARTERS = losses.ConstantThreshold(0.75)


def test_label_relaxation_is_label_weakening_that_nothing_exceeds() -> None:
    weakened = losses.LabelWeakening(alpha=0.1, threshold=NOTHING_EXCEEDS, bound=None)
    relaxed = losses.LabelRelaxation(alpha=0.1)
    torch.testing.assert_close(relaxed(LISTS.batch).values, weakened(LISTS.batch).values)


@pytest.mark.parametrize(
    ("bound", "limit"),
    [
        (1e-8, losses.cross_entropy),
        (0.7, losses.generalized_cross_entropy),
        (1.0, losses.mean_absolute_error),
    ],
)
def test_label_weakening_bridges_where_nothing_is_doubted(bound: float, limit: object) -> None:
    torch.testing.assert_close(
        losses.label_weakening(LISTS, 1e-9, NOTHING_EXCEEDS, bound), limit(LISTS), rtol=0, atol=1e-6
    )


def test_a_bounded_loss_stays_below_its_bound() -> None:
    scores = torch.tensor([[-60.0, 0.0, 0.0], [60.0, 0.0, 0.0]], dtype=torch.float64)
    targets = torch.tensor([[1.0, 0.0, 0.0]]).expand(2, -1)
    batch = losses.Candidates(scores, targets, torch.ones_like(scores, dtype=torch.bool))
    loss = losses.LabelWeakening(threshold=NOTHING_EXCEEDS, bound=0.7)
    assert loss(batch).values.tolist() == pytest.approx([1 / 0.7, 0.0], abs=1e-12)


def test_soft_possibilities_become_the_jump() -> None:
    hard = losses.LabelWeakening(threshold=losses.ConstantThreshold(0.3), warmup=0.0)
    soft = losses.LabelWeakening(threshold=losses.ConstantThreshold(0.3), warmup=0.0, softness=1e6)
    torch.testing.assert_close(soft(LISTS.batch).values, hard(LISTS.batch).values)


def test_graded_weakening_of_binary_labels_is_the_plain_one() -> None:
    plain, graded = (
        losses.LabelWeakening(threshold=losses.ConstantThreshold(0.3), warmup=0.0, positives=p)
        for p in ("disjunctive", "graded")
    )
    torch.testing.assert_close(graded(LISTS.batch).values, plain(LISTS.batch).values)


@pytest.mark.parametrize(
    ("q", "limit"), [(1e-8, losses.cross_entropy), (1.0, losses.mean_absolute_error)]
)
def test_generalized_cross_entropy_bridges(q: float, limit: object) -> None:
    torch.testing.assert_close(
        losses.generalized_cross_entropy(LISTS, q=q), limit(LISTS), rtol=0, atol=1e-6
    )


def test_taylor_series_bridges() -> None:
    torch.testing.assert_close(
        losses.taylor_cross_entropy(LISTS, order=1), losses.mean_absolute_error(LISTS)
    )
    torch.testing.assert_close(
        losses.taylor_cross_entropy(LISTS, order=4000),
        losses.cross_entropy(LISTS),
        rtol=0,
        atol=1e-6,
    )


def test_neutral_parameters_give_cross_entropy() -> None:
    expected = losses.cross_entropy(LISTS)
    for value in (
        losses.label_smoothing(LISTS, epsilon=0),
        losses.focal(LISTS, gamma=0),
        losses.bootstrap_soft(LISTS, weight=0),
        losses.cores(LISTS, beta=0, sieve_from=None),
        losses.disjunctive_cross_entropy(LISTS),
        losses.phuber_cross_entropy(LISTS, tau=1e6),
    ):
        torch.testing.assert_close(value, expected)


def test_hard_negatives_without_concentration_are_debiased_contrast() -> None:
    torch.testing.assert_close(
        losses.hard_negative_contrastive(LISTS, beta=0), losses.debiased_contrastive(LISTS)
    )


def test_robust_infonce_becomes_infonce() -> None:
    value = losses.rince(LISTS, q=1e-6, lam=0.5)
    # (e^{q log(lam sum)} - e^{q z_y}) / q tends to log(lam sum e^z) - z_y
    torch.testing.assert_close(value, losses.cross_entropy(LISTS) + np.log(0.5), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("loss", "constant"),
    [
        (losses.MeanAbsoluteError(), CANDIDATES - 1),
        (losses.ReverseCrossEntropy(), -(CANDIDATES - 1) * np.log(1e-4)),
        (losses.NormalizedCrossEntropy(None), 1.0),
        (losses.Rince(q=1.0, lam=0.5), None),
    ],
)
def test_symmetric_losses_sum_to_a_constant_over_the_labels(
    loss: losses.Loss, constant: float | None
) -> None:
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(CANDIDATES, generator=generator, dtype=torch.float64).expand(
        CANDIDATES, CANDIDATES
    )
    total = loss(diagonal(scores)).values.sum()
    expected = (
        (CANDIDATES * 0.5 - 1) * scores[0].exp().sum()
        if constant is None
        else torch.tensor(constant, dtype=torch.float64)
    )
    torch.testing.assert_close(total, expected)


def solve(p: np.ndarray, possibility: np.ndarray) -> float:
    """Smallest KL(q || p) under q({pi <= t}) <= t, by sequential quadratic programming."""
    levels = [t for t in np.unique(possibility) if t < 1]
    constraints = [{"type": "eq", "fun": lambda q: q.sum() - 1}]
    constraints += [
        {"type": "ineq", "fun": lambda q, t=t: t - q[possibility <= t].sum()} for t in levels
    ]
    start = np.where(possibility == 1, 1.0, 1e-3)
    bounds = [(1e-12, 1)] * len(p)
    found = minimize(
        lambda q: float((q * np.log(q / p)).sum()),
        start / start.sum(),
        jac=lambda q: np.log(q / p) + 1,
        bounds=bounds,
        constraints=constraints,
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    return float(found.fun)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=7).flatmap(
        lambda scores: st.tuples(
            st.just(scores), st.lists(st.integers(0, 4), min_size=len(scores), max_size=len(scores))
        )
    ),
    st.floats(0.02, 0.5),
)
def test_projection_agrees_with_a_solver(
    problem: tuple[list[float], list[int]], alpha: float
) -> None:
    scores, grades = problem
    grades[0] = 4  # something must be fully possible
    log_p = torch.tensor([scores], dtype=torch.float64).log_softmax(-1)
    possibility = alpha + (1 - alpha) * torch.tensor([grades], dtype=torch.float64) / 4
    q, changed = project(log_p, possibility, torch.ones_like(log_p, dtype=torch.bool))
    divergence = float((q * (q.log() - log_p)).nan_to_num().sum())
    assert q.sum().item() == pytest.approx(1)
    assert divergence == pytest.approx(
        solve(log_p.exp().numpy()[0], possibility.numpy()[0]), abs=2e-6
    )
    assert bool(changed) == (divergence > 1e-12)
    for level in possibility.unique():
        assert q[possibility <= level].sum() <= level + 1e-9


def test_projection_masses_on_the_hull() -> None:
    for case in json.loads((Path(__file__).parents[1] / "fixtures" / "golden.json").read_text())[
        "extra"
    ]["gcm"]:
        log_p = torch.tensor([case["b"]], dtype=torch.float64).log()
        q, _ = project(
            log_p,
            torch.tensor([case["t"]], dtype=torch.float64),
            torch.ones_like(log_p, dtype=torch.bool),
        )
        assert q[0].tolist() == pytest.approx(case["masses"], abs=1e-12)


@pytest.mark.parametrize("candidates", [2, 5])
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"threshold": losses.LabelThreshold(THREE_QUARTERS, THREE_QUARTERS)}, "by_label"),
        ({"confidence": losses.PriorCorrectedConfidence()}, "prior_corrected"),
    ],
)
def test_what_judges_documents_by_themselves_is_refused_on_lists(
    options: dict[str, object], name: str, candidates: int
) -> None:
    loss, batch = losses.LabelWeakening(**options), diagonal(torch.eye(4, candidates))
    with pytest.raises(InputError, match=rf"{name} judges each document by itself"):
        loss(batch)
    assert losses.Pointwise(loss)(batch).values.isfinite().all()
    losses.Pointwise(loss).check_list(candidates)
    with pytest.raises(InputError, match=rf"{name} judges each document by itself"):
        loss.check_list(5)  # before any training
