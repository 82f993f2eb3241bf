"""The statistics of a report, against scipy and against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reporting.statistics.resampling import Resampler
from reporting.statistics.significance import holm, paired_tests

RESAMPLES = 10_000


def random_differences(comparisons, queries, seed=0, shift=0.03):
    generator = np.random.default_rng(seed)
    # rounded: many are tied, as differences of measures are
    return np.round(generator.normal(shift, 0.2, (comparisons, queries)), 2)


def test_t_tests_are_scipys():
    generator = np.random.default_rng(1)
    left, right = generator.random((2, 20, 60))
    found = paired_tests(left - right, Resampler(60, resamples=200, seed=0))
    expected = stats.ttest_rel(left, right, axis=1)
    np.testing.assert_allclose(found.t, expected.statistic, atol=1e-9)
    np.testing.assert_allclose(found.p_t, expected.pvalue, atol=1e-9)
    np.testing.assert_allclose(found.effect_size, found.t / np.sqrt(60), atol=1e-9)


def test_all_sign_flips_of_few_queries_give_scipys_exact_p_value():
    differences = random_differences(20, 12)
    resampler = Resampler(12, resamples=RESAMPLES, seed=0)
    assert resampler.exact
    for row, p in zip(differences, resampler.p_values(differences), strict=True):
        exact = stats.permutation_test(
            (row,),
            np.mean,
            permutation_type="samples",
            n_resamples=np.inf,
            vectorized=True,
            axis=-1,
        ).pvalue
        assert p == pytest.approx(exact, abs=1e-12)


def test_drawn_sign_flips_agree_with_scipy_within_monte_carlo_error():
    differences = random_differences(12, 80)
    ours = Resampler(80, resamples=RESAMPLES, seed=0).p_values(differences)
    for row, p in zip(differences, ours, strict=True):
        generator = np.random.default_rng(3)
        theirs = stats.permutation_test(
            (row,),
            np.mean,
            permutation_type="samples",
            n_resamples=RESAMPLES,
            vectorized=True,
            axis=-1,
            rng=generator,
        ).pvalue
        error = np.sqrt(max(theirs, 1e-3) * 2 / RESAMPLES)  # of the difference of two estimates
        assert abs(p - theirs) < 4.5 * error + 2 / RESAMPLES


def test_bootstrap_intervals_agree_with_scipy_within_monte_carlo_error():
    differences = random_differences(5, 80)
    ours = Resampler(80, resamples=RESAMPLES, seed=0).intervals(differences, confidence=0.95)
    for row, ends in zip(differences, ours, strict=True):
        theirs = stats.bootstrap(
            (row,),
            np.mean,
            method="percentile",
            n_resamples=RESAMPLES,
            rng=np.random.default_rng(3),
        )
        np.testing.assert_allclose(
            ends, theirs.confidence_interval, atol=0.1 * theirs.standard_error
        )


def test_signs_are_fair_and_resampled_queries_are_uniform():
    resampler = Resampler(40, resamples=RESAMPLES, seed=5)
    signs, counts = resampler._signs.astype(float), resampler._counts
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert np.abs(signs.mean(axis=0)).max() < 5 / np.sqrt(RESAMPLES)
    correlations = signs.T @ signs / RESAMPLES - np.eye(40)
    assert np.abs(correlations).max() < 5 / np.sqrt(RESAMPLES)
    assert (counts.sum(axis=1) == 40).all()
    assert np.abs(counts.mean(axis=0) - 1).max() < 5 / np.sqrt(RESAMPLES)


def test_p_values_are_uniform_under_the_null_hypothesis():
    differences = np.random.default_rng(2).normal(0, 1, (400, 50))
    found = paired_tests(differences, Resampler(50, resamples=2000, seed=0))
    for p_values in (found.p_t, found.p_randomisation):
        assert stats.kstest(p_values, "uniform").pvalue > 0.001
        assert 0.02 < (p_values < 0.05).mean() < 0.09


def test_a_planted_difference_is_found_and_identical_systems_are_the_same():
    generator = np.random.default_rng(4)
    differences = np.array([generator.normal(0.1, 0.2, 100), np.zeros(100), np.full(100, 1e-17)])
    found = paired_tests(differences, Resampler(100, resamples=RESAMPLES, seed=0))
    assert found.p_t[0] < 1e-3
    assert found.p_randomisation[0] < 1e-3
    assert found.low[0] > 0
    for column in (found.p_t, found.p_randomisation, found.ties / 100):
        assert column[1:].tolist() == [1, 1]
    for column in (
        found.difference,
        found.effect_size,
        found.t,
        found.low,
        found.high,
        found.wins,
        found.losses,
    ):
        assert column[1:].tolist() == [0, 0]


def test_a_constant_difference_leaves_the_t_test_undefined():
    found = paired_tests(np.full((1, 6), 0.25), Resampler(6, resamples=RESAMPLES, seed=0))
    assert np.isnan([found.t[0], found.p_t[0], found.effect_size[0]]).all()
    assert found.p_randomisation[0] == 2 / 2**6
    assert (found.low[0], found.high[0], found.wins[0]) == (0.25, 0.25, 6)


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(ValueError, match="two queries"):
        paired_tests(np.zeros((3, 1)), Resampler(1, resamples=10, seed=0))
    with pytest.raises(ValueError, match="not finite"):
        paired_tests(np.array([[0.5, np.nan]]), Resampler(2, resamples=10, seed=0))


@given(st.integers(0, 2**32), st.integers(2, 30), st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_comparison_does_not_depend_on_its_place_among_others(seed, queries, comparisons):
    differences = random_differences(comparisons, queries, seed)
    resampler = Resampler(queries, resamples=300, seed=0)
    order = np.random.default_rng(seed).permutation(comparisons)
    found, permuted = (
        paired_tests(differences, resampler),
        paired_tests(differences[order], resampler),
    )
    for column, other in zip(found, permuted, strict=True):
        np.testing.assert_allclose(column[order], other, atol=1e-12)
    negated = paired_tests(-differences, resampler)
    np.testing.assert_allclose(found.p_randomisation, negated.p_randomisation, atol=1e-12)
    np.testing.assert_allclose(found.low, -negated.high, atol=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.001, 0.5))
def test_holm_rejects_what_its_step_down_procedure_rejects(p_values, alpha):
    rejected = set()
    for step, place in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[place] * (len(p_values) - step) > alpha:
            break
        rejected.add(int(place))
    assert {int(place) for place in np.flatnonzero(holm(np.array(p_values)) <= alpha)} == rejected


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )
    assert holm(np.array([])).tolist() == []
