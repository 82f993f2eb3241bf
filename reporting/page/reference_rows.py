"""Rows of the untrained model and of BM25 in the page's table of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reporting.page.tables import Row
    from reporting.statistics.groups import Condition
    from reporting.statistics.references import Reference

DIGITS = 4


def reference_rows(
    condition: Condition, found: Sequence[Reference], measures: Sequence[str]
) -> Iterator[Row]:
    """Yield a row for each reference: no seeds, no mark, never the best."""
    for name, values in found:
        scores = [[round(values[measure], DIGITS), None, False, 0] for measure in measures]
        yield [*condition, name, None, *scores]
