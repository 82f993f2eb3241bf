"""Paired tests over queries, and the correction for making many of them.

References:
    Urbano, Lima and Hanjalic, "Statistical significance testing in information retrieval: an
    empirical analysis of type I, type II and type III errors", SIGIR 2019, for the choice of tests;
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979; Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988,
    section 2.3, for d of paired differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reporting.statistics.resampling import Resampler

SAME = 1e-12
"""Values of a query that differ by less are equal: the order of addition changes last bits."""

FLAT = 1e-10
"""Differences are constant if their standard deviation is below this share of their mean."""

CONFIDENCE = 0.95


class PairedTests(NamedTuple):
    """Results of n comparisons, each an array [n].

    Attributes:
        difference: mean difference.
        effect_size: Cohen's d of paired differences, their mean over their standard deviation
            (divisor Q - 1); 0 if all are 0, NaN if all are equal but not 0.
        low: lower end of the 95 % bootstrap interval of the mean difference.
        high: upper end.
        t: statistic of the paired t-test; 0 if all differences are 0, NaN if they are equal but not
            0, since the test is then undefined.
        p_t: its two-sided p-value; likewise 1 and NaN.
        p_randomisation: two-sided p-value of the randomisation test.
        wins: queries with a positive difference.
        ties: queries without a difference.
        losses: queries with a negative difference.
    """

    difference: NDArray[np.float64]
    effect_size: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    t: NDArray[np.float64]
    p_t: NDArray[np.float64]
    p_randomisation: NDArray[np.float64]
    wins: NDArray[np.int64]
    ties: NDArray[np.int64]
    losses: NDArray[np.int64]


def paired_tests(differences: NDArray[np.float64], resampler: Resampler) -> PairedTests:
    """Test whether mean differences are 0.

    Args:
        differences: differences of the queries' values, one comparison per row; Q >= 2 [n, Q].
        resampler: draws for Q queries.

    Raises:
        ValueError: for fewer than two queries, or a difference that is not finite.
    """
    if differences.shape[1] < 2:  # noqa: PLR2004 - a standard deviation needs two
        raise ValueError("a paired test needs at least two queries")
    if not np.isfinite(differences).all():
        raise ValueError("a difference is not finite")
    exact = np.where(np.abs(differences) < SAME, 0.0, differences)
    t, p_t, effect_size = _t_tests(exact)
    interval = resampler.intervals(exact, confidence=CONFIDENCE)
    return PairedTests(
        difference=exact.mean(axis=1),
        effect_size=effect_size,
        low=interval[:, 0],
        high=interval[:, 1],
        t=t,
        p_t=p_t,
        p_randomisation=resampler.p_values(exact),
        wins=(exact > 0).sum(axis=1),
        ties=(exact == 0).sum(axis=1),
        losses=(exact < 0).sum(axis=1),
    )


def _t_tests(
    differences: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return statistics, p-values and effect sizes."""
    mean, sd = differences.mean(axis=1), differences.std(axis=1, ddof=1)
    nothing = ~differences.any(axis=1)
    t, p, effect = (np.where(nothing, value, np.nan) for value in (0.0, 1.0, 0.0))
    varying = sd > FLAT * np.abs(mean)
    if varying.any():
        t[varying], p[varying] = stats.ttest_1samp(differences[varying], 0.0, axis=1)
        effect[varying] = mean[varying] / sd[varying]
    return t, p, effect


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values adjusted by Holm's procedure, which bounds the family-wise error rate.

    The i-th smallest of m (from 0) is multiplied by m - i; none may become smaller than the one
    before it, nor larger than 1.
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(
        np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1)), 1.0
    )
    return adjusted
