"""The tables of the page as rows of plain values; tables.js shows, sorts and filters them."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from reporting.page.reference_rows import reference_rows
from reporting.page.systems import of_systems
from reporting.statistics.comparisons import BASELINE
from reporting.statistics.references import references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Comparison
    from reporting.statistics.groups import Condition, Group

DIGITS = 4
ROWS = 6000
"""The most rows of comparisons; above, only those by the first measure are shown."""

Value = str | int | float | bool | None
Row = list[Any]


class PageColumn(NamedTuple):
    """A column of a table.

    Attributes:
        label: its heading.
        kind: `text`, `number` (shown unchanged), `ratio` (a noise ratio), `value` (four
            digits), `p` (a probability), `interval` (its ends), `counts` (a list), or `score` (a
            list: mean, standard deviation, best, mark).
        filter: whether rows can be filtered by it.
        chosen: the initial filter; empty: all.
    """

    label: str
    kind: str
    filter: bool = False
    chosen: str = ""


class PageTable(NamedTuple):
    """A table.

    Attributes:
        name: its id on the page.
        caption: what it shows.
        columns: its columns.
        rows: one value per column.
    """

    name: str
    caption: str
    columns: tuple[PageColumn, ...]
    rows: list[Row]


CONDITION = (
    PageColumn("data set", "text", filter=True),
    PageColumn("model", "text", filter=True),
    PageColumn("noise", "text", filter=True),
)
RATIO = PageColumn("ratio", "ratio", filter=True)
LOSS = PageColumn("loss", "text", filter=True)


def tables(analysis: Analysis) -> list[PageTable]:
    """Return the tables of the page, without empty ones."""
    if not analysis.cells.finished:
        shown = [of_systems(_results(analysis)), of_systems(_comparisons(analysis))]
    else:
        shown = [
            _results(analysis),
            _comparisons(analysis),
            _robustness(analysis),
            _ranks(analysis),
        ]
    return [table for table in shown if table.rows]


def rounded(value: float | None) -> float | None:
    """Return a number as the page shows it; None for what does not exist."""
    return None if value is None or not math.isfinite(value) else round(value, DIGITS)


def _probability(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.3g}")


def _measure(analysis: Analysis) -> PageColumn:
    return PageColumn("measure", "text", filter=True, chosen=analysis.measures[0])


def _results(analysis: Analysis) -> PageTable:
    baseline, better = analysis.plan.baseline, _marks(analysis.comparisons)
    rows = []
    known = references(analysis.cells.finished, analysis.measures)
    for condition, members in _by_condition(analysis.groups).items():
        best = {
            measure: max(rounded(group.mean(measure)) or 0.0 for group in members)
            for measure in analysis.measures
        }
        for group in members:
            scores = [
                _score(group, measure, best[measure], better) for measure in analysis.measures
            ]
            rows.append([*condition, group.loss, len(group.seeds), *scores])
        found = known.get((condition.dataset, condition.model), [])
        rows.extend(reference_rows(condition, found, analysis.measures))
    caption = "Test measures, mean over seeds ± standard deviation; ★ best under its condition."
    if baseline:
        caption += (
            f" ▲ significantly better, ▼ significantly worse than {baseline} ({_tests(analysis)})."
        )
    columns = (
        *CONDITION,
        RATIO,
        LOSS,
        PageColumn("seeds", "number"),
        *(PageColumn(measure, "score") for measure in analysis.measures),
    )
    return PageTable("results", caption, columns, rows)


def _score(
    group: Group, measure: str, best: float, marks: Mapping[tuple[str, Condition, str], int]
) -> Row:
    mean = rounded(group.mean(measure))
    return [
        mean,
        rounded(group.sd(measure)),
        mean == best,
        marks.get((measure, group.condition, group.loss), 0),
    ]


def _marks(comparisons: Sequence[Comparison]) -> dict[tuple[str, Condition, str], int]:
    from reporting.statistics.groups import Condition

    return {
        (
            found.measure,
            Condition(found.dataset, found.model, found.noise, found.ratio),
            found.loss,
        ): found.mark
        for found in comparisons
        if found.family == BASELINE
    }


def _by_condition(groups: Sequence[Group]) -> dict[Condition, list[Group]]:
    members: defaultdict[Condition, list[Group]] = defaultdict(list)
    for group in groups:
        members[group.condition].append(group)
    return members


def _tests(analysis: Analysis) -> str:
    test = {"t": "paired t-test", "randomisation": "randomisation test"}[analysis.plan.test]
    return f"{test} over queries, Holm-corrected, level {analysis.plan.alpha:g}"


def _comparisons(analysis: Analysis) -> PageTable:
    shown = analysis.comparisons
    noun = "loss" if analysis.cells.finished else "system"
    caption = (
        f"Differences ({noun} minus other) of per-query values averaged over seeds. Significance: "
        f"{_tests(analysis)}. A family consists of all comparisons with one {noun} by one measure "
        f"on one data set. Interval: bootstrap over queries, {analysis.plan.resamples:,} draws; d: "
        "Cohen's d of the paired differences."
    )
    if len(shown) > ROWS:
        shown = [found for found in shown if found.measure == analysis.measures[0]]
        caption += f" Only {analysis.measures[0]} is shown; comparisons.csv has all measures."
    kinds = {
        "difference": "value",
        "95 % interval": "interval",
        "Holm p (t)": "p",
        "Holm p (rand.)": "p",
        "p (t)": "p",
        "p (rand.)": "p",
    }
    numbers = (
        *(PageColumn(label, kind) for label, kind in kinds.items()),
        PageColumn("d", "value"),
        PageColumn("wins / ties / losses", "counts"),
    )
    others = (PageColumn("other", "text", filter=True), PageColumn("verdict", "text", filter=True))
    columns = (
        PageColumn("family", "text", filter=True),
        _measure(analysis),
        *CONDITION,
        RATIO,
        LOSS,
        *others,
        *numbers,
    )
    return PageTable("comparisons", caption, columns, [list(_comparison(found)) for found in shown])


def _comparison(found: Comparison) -> Iterator[Value | Row]:
    yield from (
        found.family,
        found.measure,
        found.dataset,
        found.model,
        found.noise,
        found.ratio,
        found.loss,
        found.other,
    )
    yield {1: "better", -1: "worse", 0: "not significant"}[found.mark]
    yield rounded(found.difference)
    yield [rounded(found.low), rounded(found.high)]
    yield from map(
        _probability, (found.holm_t, found.holm_randomisation, found.p_t, found.p_randomisation)
    )
    yield rounded(found.effect_size)
    yield [found.wins, found.ties, found.losses]


def _robustness(analysis: Analysis) -> PageTable:
    rows = []
    settings = {curve[1:4] for curve in analysis.curves if len(curve.points) > 1}
    for curve in analysis.curves:
        if curve[1:4] not in settings:
            continue
        first, last = curve.points[0], curve.points[-1]
        clean = rounded(first.mean) if first.ratio == 0 else None
        rows.append(
            [
                *curve[:5],
                rounded(curve.area),
                clean,
                last.ratio,
                rounded(last.mean),
                rounded(last.retention),
            ]
        )
    kinds = {
        "area": "value",
        "without noise": "value",
        "largest ratio": "ratio",
        "there": "value",
        "retention": "value",
    }
    columns = (
        _measure(analysis),
        *CONDITION,
        LOSS,
        *(PageColumn(label, kind) for label, kind in kinds.items()),
    )
    caption = (
        "Area under the robustness curve (average height over the ratios; empty if a ratio is "
        "missing), the measure without noise and at the largest ratio, and the share that is "
        "retained there."
    )
    return PageTable("robustness", caption, columns, rows)


def _ranks(analysis: Analysis) -> PageTable:
    rows: list[Row] = []
    for ranking in analysis.rankings:
        p = None if ranking.p is None else _probability(ranking.p)
        facts = [ranking.conditions, p, rounded(ranking.critical_difference)]
        rows.extend(
            [ranking.measure, loss, rounded(place), *facts]
            for loss, place in zip(ranking.losses, ranking.mean_ranks, strict=True)
        )
    columns = (
        _measure(analysis),
        LOSS,
        PageColumn("average rank", "value"),
        PageColumn("conditions", "number"),
        PageColumn("Friedman p", "p"),
    )
    caption = (
        "Average ranks over the conditions under which all these losses are finished; 1 is best. "
        "Losses whose ranks differ by less than Nemenyi's critical difference (level "
        f"{analysis.plan.alpha:g}) do not differ significantly. Conditions that share a collection "
        "are not independent, so this is a summary, not a proof."
    )
    return PageTable("ranks", caption, (*columns, PageColumn("critical difference", "value")), rows)
