"""Average ranks of losses over conditions: Friedman's test and Nemenyi's critical difference.

Reference:
    Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, section
    3.2.2. It assumes independent data sets. Conditions that share a collection or differ only in
    their noise ratio are not independent, so p-values and critical difference are a summary, not a
    proof.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from reporting.statistics.groups import Condition, Group

LEAST = 3  # Friedman's test needs at least this many treatments


class Ranking(NamedTuple):
    """Average ranks by one measure.

    Attributes:
        measure: the measure.
        losses: k losses, best first.
        mean_ranks: average rank of each; 1 is best, ties share their average [k].
        conditions: number N of conditions under which all these losses are finished.
        left_out: losses that are finished under too few conditions.
        statistic: Friedman's chi-square; None for fewer than 3 losses or 2 conditions.
        p: its p-value.
        critical_difference: Nemenyi's, at `alpha`; losses whose average ranks differ by less do not
            differ significantly. None likewise.
        cliques: (first, last) positions of the largest sets of losses without a significant
            difference.
    """

    measure: str
    losses: tuple[str, ...]
    mean_ranks: tuple[float, ...]
    conditions: int
    left_out: tuple[str, ...]
    statistic: float | None
    p: float | None
    critical_difference: float | None
    cliques: tuple[tuple[int, int], ...]


def rank(groups: Iterable[Group], measure: str, *, alpha: float) -> Ranking:
    """Rank the losses under every condition and average the ranks.

    The losses that are missing most often are left out until some condition has all the others.
    """
    values: defaultdict[Condition, dict[str, float]] = defaultdict(dict)
    for group in groups:
        values[group.condition][group.loss] = group.mean(measure)
    losses, left_out = _complete(values)
    table = np.array(
        [
            [by_loss[loss] for loss in losses]
            for by_loss in values.values()
            if set(losses) <= by_loss.keys()
        ]
    )
    ranks = stats.rankdata(-table, axis=1)
    mean_ranks = ranks.mean(axis=0)
    order = np.argsort(mean_ranks, kind="stable")
    testable = len(losses) >= LEAST and len(table) > 1
    statistic, p = _friedman(table) if testable else (None, None)
    difference = critical_difference(len(losses), len(table), alpha) if testable else None
    sorted_ranks = tuple(mean_ranks[order].tolist())
    return Ranking(
        measure,
        tuple(losses[place] for place in order),
        sorted_ranks,
        len(table),
        left_out,
        statistic,
        p,
        difference,
        _cliques(sorted_ranks, difference),
    )


def critical_difference(losses: int, conditions: int, alpha: float) -> float:
    """Return q * sqrt(k (k + 1) / 6 N), with q the quantile of the studentised range over sqrt(2).

    See Demsar, equation 6 and table 5.
    """
    quantile = float(stats.studentized_range.ppf(1 - alpha, losses, np.inf)) / np.sqrt(2)
    return float(quantile * np.sqrt(losses * (losses + 1) / (6 * conditions)))


def _complete(values: Mapping[Condition, Mapping[str, float]]) -> tuple[list[str], tuple[str, ...]]:
    """Return the losses to rank, and those left out."""
    counts: defaultdict[str, int] = defaultdict(int)
    for by_loss in values.values():
        for loss in by_loss:
            counts[loss] += 1
    losses = sorted(counts, key=lambda loss: (-counts[loss], loss))
    left_out: list[str] = []
    while len(losses) > 1 and not any(set(losses) <= by_loss.keys() for by_loss in values.values()):
        left_out.append(losses.pop())
    return sorted(losses), tuple(sorted(left_out))


def _friedman(table: NDArray[np.float64]) -> tuple[float, float]:
    """Return chi-square and p-value; 0 and 1 if all losses are equal everywhere."""
    if (table == table[:, :1]).all():
        return 0.0, 1.0
    result = stats.friedmanchisquare(*table.T)
    return float(result.statistic), float(result.pvalue)


def _cliques(ranks: Sequence[float], difference: float | None) -> tuple[tuple[int, int], ...]:
    """Return the largest sets of neighbouring ranks that span less than the critical difference."""
    if difference is None:
        return ()
    cliques: list[tuple[int, int]] = []
    for first, best in enumerate(ranks):
        last = max(place for place, value in enumerate(ranks) if value - best < difference)
        if last > first and (not cliques or last > cliques[-1][1]):
            cliques.append((first, last))
    return tuple(cliques)
