"""Runs in memory or in files, compared with the statistics of the reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import checks
from reporting.reading.system_runs import (
    SystemRun,
    read_qrels,
    run_from_file,
    run_from_scores,
    scored_systems,
)
from reporting.statistics.comparisons import TESTS, Comparison, Plan, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.collections.records import Qrels

MEASURES = ("nDCG@10", "RR@10", "R@100", "AP")
RunLike: TypeAlias = "Mapping[str, Mapping[str, float]] | str | Path"
"""query_id -> doc_id -> score, or the path of a TREC run file."""


class RunComparison(NamedTuple):
    """What the runs are worth, and which differences are more than chance.

    Attributes:
        means: system -> measure -> mean over all judged queries, averaged over the system's runs.
        comparisons: every other system against the baseline, by every measure.
        notes: sentences on what is missing from runs.
    """

    means: dict[str, dict[str, float]]
    comparisons: list[Comparison]
    notes: list[str]


def compare_runs(
    runs: Mapping[str, RunLike | Sequence[RunLike]],
    qrels: Qrels | str | Path,
    measures: Sequence[str] = MEASURES,
    *,
    baseline: str | None = None,
    test: str = "t",
    alpha: float = 0.05,
) -> RunComparison:
    """Score runs and test their differences, paired by query, with Holm's correction.

    Args:
        runs: system -> its run, or its runs with several seeds, whose values are averaged by query.
        qrels: query_id -> doc_id -> grade, or a file in TREC or BEIR columns.
        measures: ir-measures names.
        baseline: the system that all others are compared with; None: the first.
        test: the test that decides what is significant, `t` or `randomisation`.
        alpha: level of significance of the family of tests.

    Raises:
        InputError: for an unknown measure or system, a file that cannot be read, or a score that is
            not finite.
    """
    judged = read_qrels(Path(qrels)) if isinstance(qrels, str | Path) else qrels
    first = next(iter(runs)) if baseline is None else checks.choice("baseline", baseline, runs)
    checks.choice("test", test, TESTS)
    groups, notes = scored_systems(_opened(runs), judged, measures, "runs")
    found = compare(groups.groups, groups.measures, Plan(first, None, test, alpha))
    means = {
        group.loss: {measure: group.mean(measure) for measure in group.measures}
        for group in groups.groups
    }
    return RunComparison(means, found.comparisons, [*notes, *found.notes])


def _opened(runs: Mapping[str, RunLike | Sequence[RunLike]]) -> Iterator[SystemRun]:
    for system, given in runs.items():
        for run in [given] if isinstance(given, str | Path | Mapping) else given:
            if isinstance(run, Mapping):
                yield run_from_scores(system, run)
            else:
                yield run_from_file(system, Path(run))
