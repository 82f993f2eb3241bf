"""The tables of runs of other systems: systems by measures, and their tested differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.statistics.comparisons import BASELINE
from reporting.tables.captions import compared, over_seeds
from reporting.tables.entries import difference_entry, marks_of, mean_entry
from reporting.tables.table import Column, Row, Table, with_best_marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporting.statistics.analysis import Analysis


def system_tables(analysis: Analysis) -> Iterator[Table]:
    """Yield the measures of all systems, and their differences from the baseline."""
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
    tests = compared(analysis, analysis.measures[0], BASELINE, first.condition.dataset)
    caption = f"Measures {where}{over_seeds(analysis.groups)}. Best and second of each column."
    yield Table(
        "systems",
        f"{caption} {tests}",
        ("system",),
        columns,
        with_best_marked(rows, lambda _: None),
    )
    found = {(each.loss, each.measure): each for each in analysis.comparisons}
    differences = tuple(
        Row(row.labels, tuple(difference_entry(found.get((row.labels[0], m))) for m in marks))
        for row in rows
        if row.labels[0] != analysis.plan.baseline
    )
    caption = (
        f"Difference {where}, each system minus {analysis.plan.baseline}, and its 95 % bootstrap "
        f"interval over queries. {tests}"
    )
    if differences:
        yield Table("differences", caption, ("system",), columns, differences)
