"""The page's table of the variants that were tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.page.tables import CONDITION, LOSS, RATIO, PageColumn, PageTable, rounded
from reporting.statistics.tried_variants import USUAL, several

if TYPE_CHECKING:
    from reporting.statistics.analysis import Analysis


def variant_table(analysis: Analysis) -> list[PageTable]:
    """Return the table of losses with several variants under a condition; none without any."""
    rows = [
        [
            *each.condition,
            each.loss,
            each.variant or USUAL,
            len(each.seeds),
            [rounded(each.validation), None, each.chosen, 0],
        ]
        for each in several(analysis.variants)
    ]
    if not rows:
        return []
    measure = analysis.measures[0]
    columns = (
        *CONDITION,
        RATIO,
        LOSS,
        PageColumn("variant", "text", filter=True),
        PageColumn("seeds", "number"),
        PageColumn(f"{measure} on validation", "score"),
    )
    caption = (
        f"Variants of a loss, such as swept learning rates, and their {measure} on validation; ★ "
        "the best of a loss under its condition. "
    ) + (
        "All other tables have these only, under the names of the losses."
        if analysis.plan.tuned
        else "report.py --tuned compares the losses with these."
    )
    return [PageTable("variants", caption, columns, rows)]
