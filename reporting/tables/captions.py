"""The captions of a report's tables: seeds, tests and their families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.statistics.comparisons import BASELINE
from reporting.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Group
    from reporting.statistics.ranks import Ranking

TESTS = {"t": "paired t-test", "randomisation": "randomisation test"}
BETTER, WORSE = "†", "‡"


def over_seeds(groups: Sequence[Group]) -> str:
    """Return the words that say over which seeds numbers are averaged."""
    seeds = sorted({seed for group in groups for seed in group.seeds})
    fewer = sum(len(group.seeds) < len(seeds) for group in groups)
    if len(seeds) == 1:
        return f", seed {seeds[0]} only, hence no standard deviation"
    words = f", mean ± standard deviation over seeds {', '.join(map(str, seeds))}"
    return words + (f" ({fewer} of {len(groups)} groups have fewer seeds)" if fewer else "")


def compared(analysis: Analysis, measure: str, family: str, dataset: str | None = None) -> str:
    """Return the meaning of the marks: the test, and the family of its correction."""
    plan = analysis.plan
    tests = {
        found.dataset: found.tests
        for found in analysis.comparisons
        if found.family == family and found.measure == measure and dataset in (None, found.dataset)
    }
    if not tests:
        return "Nothing is tested."
    if family == BASELINE:
        marks, whom = (
            f"{BETTER} significantly better, {WORSE} significantly worse than {plan.baseline}",
            f"with {plan.baseline}",
        )
    else:
        noun = "loss" if analysis.cells.finished else "system"
        marks = (
            f"{BETTER} {plan.focus} is significantly better, {WORSE} significantly worse than the "
            f"{noun} of the row"
        )
        whom = f"of {plan.focus} with another {noun}"
    counts = ", ".join(
        (f"{name} " if dataset is None else "") + counted(count, "test")
        for name, count in tests.items()
    )
    return (
        f"{marks}: {TESTS[plan.test]} over queries on values averaged over seeds, level "
        f"{plan.alpha:g}, Holm-corrected over all comparisons {whom} by this measure on the data "
        f"set ({counts})."
    )


def ranked(rankings: Sequence[Ranking], alpha: float) -> str:
    """Return the caption of average ranks: conditions, and which differences are significant."""
    if not rankings:
        return "There are no average ranks."
    first = rankings[0]
    words = [
        f"Average rank over {counted(first.conditions, 'condition')} "
        "(data set, model, noise, ratio); 1 is best."
    ]
    if first.left_out:
        words.append(f"Left out, for lack of finished conditions: {', '.join(first.left_out)}.")
    if first.critical_difference is None:
        words.append("Friedman's test needs at least three losses and two conditions.")
    else:
        tests = "; ".join(
            f"{ranking.measure} chi-square {ranking.statistic:.2f}, p {ranking.p:.2g}"
            for ranking in rankings
        )
        words.append(
            f"Friedman's test: {tests}. Losses that share a letter differ by less than Nemenyi's "
            "critical difference"
        )
        words.append(
            f"{first.critical_difference:.2f} (level {alpha:g}). Conditions are not independent, "
            "so this is a summary, not a proof."
        )
    return " ".join(words)
