"""The states of cells as text and as JSON; no line is cut, wherever it goes."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from cells.planning.states import STATES, State, remaining_seconds
from terminal import in_words

STYLES = {
    "done": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "failed": "red",
    "damaged": "red",
    "missing": "dim",
}
QUIET = ("done", "missing")
"""States of cells that need nobody."""


def lines_of(found: Sequence[State], *, every: bool) -> Iterator[Text]:
    """Yield a matrix of counts, the cells, and the counts of all.

    Args:
        found: the cells.
        every: name all cells, not only those that run or need somebody.
    """
    yield from map(Text, _matrix(found))
    listed = [state for state in found if every or state.state not in QUIET]
    for state in listed:
        line = Text(f"{state.state:<11}", style=STYLES[state.state])
        yield line.append(f"  {state.cell}  {state.detail}".rstrip(), style="default")
    if listed:
        yield Text("")
    yield Text(summary(found))


def summary(found: Sequence[State]) -> str:
    """Return the counts and the estimate in a line."""
    counts = Counter(state.state for state in found)
    line = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state]) or "no cells"
    seconds = remaining_seconds(found)
    return f"{line}; about {in_words(seconds)} of work left" if seconds else line


def as_json(found: Sequence[State]) -> str:
    """Return the cells, the counts and the estimate as JSON."""
    cells: list[dict[str, Any]] = [
        state._asdict() | {"seconds": None if math.isnan(state.seconds) else state.seconds}
        for state in found
    ]
    counts = {state: sum(each.state == state for each in found) for state in STATES}
    return json.dumps(
        {"cells": cells, "counts": counts, "remaining_seconds": remaining_seconds(found)},
        indent=1,
        ensure_ascii=False,
    )


def _matrix(found: Sequence[State]) -> Iterator[str]:
    """Yield the lines of a table of counts: a row for each data set, model and loss."""
    groups: dict[tuple[str, ...], Counter[str]] = {}
    for state in found:
        groups.setdefault(tuple(state.cell.split("/")[:-2]), Counter())[state.state] += 1
    used = [state for state in STATES if any(counts[state] for counts in groups.values())]
    rows = [
        ("/".join(group) or "others", [str(counts[state] or "-") for state in used])
        for group, counts in groups.items()
    ]
    if rows:
        yield from aligned([("", used), *rows])
        yield ""


def aligned(rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield the lines of a table, each row a name and its cells."""
    first = max(len(name) for name, _ in rows)
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in rows), strict=True)]
    for name, cells in rows:
        padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
        yield "  ".join([f"{name:<{first}}", *padded]).rstrip()
