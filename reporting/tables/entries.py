"""The entries of tables: a group's mean with its mark, and a tested difference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reporting.statistics.comparisons import BASELINE
from reporting.tables.table import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Comparison
    from reporting.statistics.groups import Group

Marks = dict[tuple[object, ...], int]


def marks_of(analysis: Analysis, measure: str) -> Marks:
    """Return the mark against the baseline by condition and loss."""
    return {
        c[2:7]: c.mark
        for c in analysis.comparisons
        if c.family == BASELINE and c.measure == measure
    }


def mean_entry(
    group: Group | None, measure: str, marks: Mapping[tuple[object, ...], int]
) -> Entry | None:
    """Return mean, standard deviation over seeds and mark of a group; None without a group."""
    if group is None:
        return None
    sd = group.sd(measure)
    return Entry(
        group.mean(measure),
        () if sd is None else (sd,),
        mark=marks.get((*group.condition, group.loss), 0),
    )


def difference_entry(found: Comparison | None) -> Entry | None:
    """Return difference, interval and mark of a comparison; None without one."""
    return found and Entry(found.difference, (found.low, found.high), mark=found.mark, signed=True)


def slug(measure: str) -> str:
    """Return the name of a measure as part of the name of a file."""
    return re.sub(r"[^A-Za-z0-9]+", "-", measure).strip("-")
