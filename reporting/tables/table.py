"""Tables of a report, before they are rendered: what is in a row, which entry is best, which difference is significant."""

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
        place: 1 if it is the best of its column, 2 if it is the second, else 0.
        mark: 1 if it is significantly better than what it is compared with, -1 if it is
            significantly worse, else 0.
        signed: whether it is a difference, written with its sign.
        letters: of the sets that it is not told apart in.
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
        group: heading that neighbouring columns share, or "".
        name: its own heading.
    """

    group: str
    name: str


class Row(NamedTuple):
    """A row.

    Attributes:
        labels: what it is about.
        entries: a number a column; None: there is none.
    """

    labels: tuple[str, ...]
    entries: tuple[Entry | None, ...]


class Table(NamedTuple):
    """A table.

    Attributes:
        name: of its files, without ending.
        caption: what is in it, the family of tests, their number and the seeds.
        heads: headings of the labels.
        columns: the columns.
        rows: the rows.
    """

    name: str
    caption: str
    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def placed(rows: Sequence[Row], block: Callable[[Row], object]) -> tuple[Row, ...]:
    """Marks the best and the second of each column among the rows of a block; equal ones share a place, and a block of one has none.

    Args:
        rows: the rows.
        block: row -> what rows of one block have in common.
    """
    members: dict[object, list[Row]] = {}
    for row in rows:
        members.setdefault(block(row), []).append(row)
    return tuple(row for of_block in members.values() for row in _placed_block(of_block))


def _placed_block(rows: Sequence[Row]) -> Iterable[Row]:
    columns = [
        _placed_column(column) for column in zip(*(row.entries for row in rows), strict=True)
    ]
    for place, row in enumerate(rows):
        yield row._replace(entries=tuple(column[place] for column in columns))


def _placed_column(entries: Sequence[Entry | None]) -> list[Entry | None]:
    values = sorted({entry.value for entry in entries if entry is not None}, reverse=True)
    if sum(entry is not None for entry in entries) < 2:  # noqa: PLR2004 - nothing to be better than
        return list(entries)
    places = dict(zip(values, (BEST, SECOND), strict=False))
    return [entry and entry._replace(place=places.get(entry.value, 0)) for entry in entries]
