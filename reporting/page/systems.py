"""The page's tables for runs of other systems, whose model, noise and loss nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporting.page.tables import PageTable

UNKNOWN = {"data set", "model", "noise", "ratio"}
"""Labels of columns that have one value for all systems."""


def of_systems(table: PageTable) -> PageTable:
    """Return a table without the columns that say nothing of systems."""
    families = {row[0] for row in table.rows}
    unknown = UNKNOWN if len(families) > 1 else UNKNOWN | {"family"}
    kept = [place for place, column in enumerate(table.columns) if column.label not in unknown]
    columns = (table.columns[place] for place in kept)
    return table._replace(
        columns=tuple(
            column._replace(label="system") if column.label == "loss" else column
            for column in columns
        ),
        rows=[[row[place] for place in kept] for row in table.rows],
    )
