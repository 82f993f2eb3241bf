"""Rows of BM25 and the untrained model below the losses of each setting."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from reporting.statistics.references import BM25, UNTRAINED, references
from reporting.tables.table import Entry, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Condition


def with_references(analysis: Analysis, measure: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows, each block of a data set, model and noise followed by its references.

    Args:
        analysis: the report's content.
        measure: the measure of the table.
        rows: labelled data set, model, noise and loss; a column per ratio, and the area.
    """
    known = references(analysis.cells.finished, analysis.measures)

    def lines() -> Iterator[Row]:
        for setting, block in groupby(rows, lambda row: row.labels[:3]):
            members = list(block)
            yield from members
            for name, values in known.get((setting[0], setting[1]), []):
                ratios = len(members[0].entries) - 1
                entry = Entry(values[measure])
                yield Row((*setting, name), (*[entry] * ratios, None))

    return tuple(lines())


def references_below(
    analysis: Analysis, measure: str, conditions: Sequence[Condition]
) -> Iterator[Row]:
    """Yield a row for each reference, with a column per condition; unknown ones are empty."""
    known = references(analysis.cells.finished, analysis.measures)
    for name in (BM25, UNTRAINED):
        values = {
            place: reference.values[measure]
            for place, found in known.items()
            for reference in found
            if reference.name == name
        }
        places = [(condition.dataset, condition.model) for condition in conditions]
        if not values.keys().isdisjoint(places):
            yield Row((name,), tuple(_entry(values.get(place)) for place in places))


def _entry(value: float | None) -> Entry | None:
    return None if value is None else Entry(value)
