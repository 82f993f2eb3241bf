"""One row of the audit: a complete, reversible change of one training judgement."""

import math
from typing import Any, NamedTuple

from errors import InputError

SKIP = "skip"
DROP = "drop"
SPARED = "spared"
"""Mode of a row whose removed document leaves the judgements and must not be mined either."""


class AuditRow(NamedTuple):
    """One corrupted judgement, or one that was skipped.

    A row says what happens to at most two documents of a query: one that loses its label and one
    that gains it. `*_from` is the grade before, `*_to` the grade after; None means "not judged".
    Applying a row writes the `to` grades, undoing it the `from` grades.

    Attributes:
        query_id: the query.
        kind: the noise that made the row; `skip` for a judgement that could not be corrupted
            (`mode` says why; the next one in the order took its place); `drop` for a judgement that
            left because its query had lost every positive.
        removed: the document that loses its label, or "".
        removed_from: its grade before.
        removed_to: its grade after.
        inserted: the document that gains a label, or "".
        inserted_from: its grade before.
        inserted_to: its grade after.
        rank: rank of `inserted` among the candidates it was drawn from, from 1; None without a
            ranking.
        similarity_query: similarity of `inserted` and the query; None if the model measures none.
            The header names the similarity.
        similarity_removed: similarity of `inserted` and `removed`; None likewise.
        draw: the keyed-hash number that determined this judgement's place in the order.
        mode: what was done with the removed document (`swap`: judged not relevant; `replace`:
            removed), or a word of the model.
        version: version of the algorithm.
    """

    query_id: str
    kind: str
    removed: str
    removed_from: int | None
    removed_to: int | None
    inserted: str
    inserted_from: int | None
    inserted_to: int | None
    rank: int | None
    similarity_query: float | None
    similarity_removed: float | None
    draw: float
    mode: str
    version: str

    @property
    def corrupts(self) -> bool:
        """Whether the noise itself changes a label, so that the row counts towards the ratio."""
        return self.kind not in {SKIP, DROP}

    @property
    def inserts_positive(self) -> bool:
        """Whether a document that is not relevant becomes positive."""
        return self.inserted_to is not None and self.inserted_to >= 1

    @property
    def loses_positive(self) -> bool:
        """Whether a relevant document stops being positive."""
        return (
            self.removed_from is not None
            and self.removed_from >= 1
            and (self.removed_to is None or self.removed_to < 1)
        )


COLUMNS = AuditRow._fields
LABELS = (
    "query_id",
    "kind",
    "removed",
    "removed_from",
    "removed_to",
    "inserted",
    "inserted_from",
    "inserted_to",
    "mode",
)
"""Columns that say which labels change, and how."""
DECIMALS = 4
"""Of written similarities: fewer than another processor or number of threads can change."""
_INTEGERS = {"removed_from", "removed_to", "inserted_from", "inserted_to", "rank"}
_SIMILARITIES = {"similarity_query", "similarity_removed"}
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {escaped: plain for plain, escaped in _ESCAPES.items()}


def to_line(row: AuditRow) -> str:
    """Return the row as one line without its end; the same row gives the same bytes everywhere."""
    return "\t".join(_written(column, value) for column, value in zip(COLUMNS, row, strict=True))


def label_line(row: AuditRow) -> str:
    """Return a row's effect on labels as one line, without similarities, ranks and versions."""
    return "\t".join(_written(column, getattr(row, column)) for column in LABELS)


def from_line(line: str) -> AuditRow:
    """Return the row that `to_line` wrote.

    Raises:
        InputError: the line is not a row.
    """
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise InputError(f"{len(cells)} columns instead of {len(COLUMNS)}")
    try:
        values: list[Any] = [
            _value(column, cell) for column, cell in zip(COLUMNS, cells, strict=True)
        ]
        return AuditRow(*values)
    except ValueError as error:
        raise InputError(str(error)) from error


def _written(column: str, value: str | float | None) -> str:
    if value is None:
        return ""
    if column in _SIMILARITIES:
        # the addition turns -0.0 into 0.0
        return f"{round(float(value), DECIMALS) + 0.0:.{DECIMALS}f}"
    if isinstance(value, str):
        return "".join(_ESCAPES.get(character, character) for character in value)
    return repr(value)


def _value(column: str, cell: str) -> str | float | None:
    if column in _INTEGERS:
        return int(cell) if cell else None
    if column in _SIMILARITIES:
        return _number(cell) if cell else None
    if column == "draw":
        return _number(cell)
    return _unescaped(cell)


def _number(cell: str) -> float:
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError(f"{cell} is not a finite number")
    return number


def _unescaped(cell: str) -> str:
    if "\\" not in cell:
        return cell
    plain, position = "", 0
    while position < len(cell):
        pair = cell[position : position + 2]
        plain += _UNESCAPES.get(pair, cell[position])
        position += 2 if pair in _UNESCAPES else 1
    return plain
