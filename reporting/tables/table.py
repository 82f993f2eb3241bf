"""Tables of a report before they are rendered: rows, best entries, significant differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BEST, SECOND = 1, 2


class Entry(NamedTuple):
    """A number in a table.

    Attributes:
        value: the number.
        spread: its standard deviation, or the two ends of its interval, or nothing.
        place: 1 for the best of its column, 2 for the second, else 0.
        mark: 1 if it is significantly better than the value it is compared with, -1 if it is
            significantly worse, else 0.
        signed: whether it is a difference, written with its sign.
        letters: letters of the sets of losses without a significant difference.
    """

    value: float
    spread: tuple[float, ...] = ()
    place: int = 0
    mark: int = 0
    signed: bool = False
    letters: str = ""


class Column(NamedTuple):
    """A column of numbers.

    Attributes:
        group: heading shared with neighbouring columns, or "".
        name: its own heading.
    """

    group: str
    name: str


class Row(NamedTuple):
    """A row.

    Attributes:
        labels: the names of what it describes.
        entries: one number per column; None: no number.
    """

    labels: tuple[str, ...]
    entries: tuple[Entry | None, ...]


class Table(NamedTuple):
    """A table.

    Attributes:
        name: name of its files, without suffix.
        caption: its content, the family of tests, their number and the seeds.
        heads: headings of the labels.
        columns: the columns.
        rows: the rows.
    """

    name: str
    caption: str
    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def with_best_marked(rows: Sequence[Row], block: Callable[[Row], object]) -> tuple[Row, ...]:
    """Mark the best and the second of each column among the rows of each block.

    Equal entries share a place; a block with one row has none.

    Args:
        rows: the rows.
        block: returns, for a row, what the rows of its block have in common.
    """
    members: dict[object, list[Row]] = {}
    for row in rows:
        members.setdefault(block(row), []).append(row)
    return tuple(row for of_block in members.values() for row in _marked_block(of_block))


def _marked_block(rows: Sequence[Row]) -> Iterable[Row]:
    columns = [
        _marked_column(column) for column in zip(*(row.entries for row in rows), strict=True)
    ]
    for place, row in enumerate(rows):
        yield row._replace(entries=tuple(column[place] for column in columns))


def _marked_column(entries: Sequence[Entry | None]) -> list[Entry | None]:
    values = sorted({entry.value for entry in entries if entry is not None}, reverse=True)
    if sum(entry is not None for entry in entries) < 2:  # noqa: PLR2004 - nothing to be better than
        return list(entries)
    places = dict(zip(values, (BEST, SECOND), strict=False))
    return [entry and entry._replace(place=places.get(entry.value, 0)) for entry in entries]
