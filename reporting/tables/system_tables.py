"""The tables of runs of other systems: systems by measures, and their tested differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.statistics.comparisons import BASELINE, FOCUS
from reporting.tables.captions import compared, over_seeds
from reporting.tables.entries import difference_entry, marks_of, mean_entry
from reporting.tables.table import Column, Row, Table, with_best_marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporting.statistics.analysis import Analysis


def system_tables(analysis: Analysis) -> Iterator[Table]:
    """Yield the measures of all systems, and a table of differences for each family."""
    columns = tuple(Column("", measure) for measure in analysis.measures)
    first = analysis.groups[0]
    where = f"on {first.condition.dataset} ({len(first.query_ids)} queries)"
    marks = {measure: marks_of(analysis, measure) for measure in analysis.measures}
    rows = [
        Row(
            (group.loss,),
            tuple(mean_entry(group, measure, marks[measure]) for measure in analysis.measures),
        )
        for group in sorted(analysis.groups, key=lambda group: -group.mean(analysis.measures[0]))
    ]
    caption = f"Measures {where}{over_seeds(analysis.groups)}. Best and second of each column."
    tests = compared(analysis, analysis.measures[0], BASELINE, first.condition.dataset)
    yield Table(
        "systems",
        f"{caption} {tests}",
        ("system",),
        columns,
        with_best_marked(rows, lambda _: None),
    )
    for family, what, name in (
        (BASELINE, f"each system minus {analysis.plan.baseline}", "differences"),
        (FOCUS, f"{analysis.plan.focus} minus each system", "differences-focus"),
    ):
        found = {
            (each.loss if family == BASELINE else each.other, each.measure): each
            for each in analysis.comparisons
            if each.family == family
        }
        differences = tuple(
            Row((system,), tuple(difference_entry(found.get((system, m))) for m in marks))
            for (system,) in (row.labels for row in rows)
            if (system, analysis.measures[0]) in found
        )
        caption = (
            f"Difference {where}, {what}, and its 95 % bootstrap interval over queries. "
            f"{compared(analysis, analysis.measures[0], family, first.condition.dataset)}"
        )
        if differences:
            yield Table(name, caption, ("system",), columns, differences)
