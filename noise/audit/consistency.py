"""Checks that a given audit file belongs to this collection and is consistent."""

from __future__ import annotations

import math
from dataclasses import asdict
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from errors import InputError
from noise.audit.apply_rows import realised_rates
from noise.audit.row import DROP, SKIP

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from data.collections.collection import Collection
    from data.collections.records import Qrels
    from noise.audit.audit import Audit
    from noise.audit.row import AuditRow

ADVICE = "The file was edited or damaged: take another copy, or noise.audit=null"


def check_header(path: Path, head: Mapping[str, Any], hints: Mapping[str, object]) -> None:
    """Check the values of a header.

    Args:
        path: the file, for messages.
        head: field -> value as read.
        hints: field -> its type.

    Raises:
        InputError: a value is of another type, or not a finite number.
    """
    for name, hint in hints.items():
        if not _fits(head[name], hint):
            raise InputError(f"noise.audit={path}: its header says {name}={head[name]!r}. {ADVICE}")


def check_rows(path: Path, audit: Audit, collection: Collection, clean: Qrels) -> None:
    """Check the rows of an audit against a collection and against their header.

    The rows are applied one by one: each must find the grades that it claims to change. Their
    totals must agree with the header.

    Args:
        path: the file, for messages.
        audit: what was read from it.
        collection: its documents and training queries are named by the rows.
        clean: the judgements that the noise started from.

    Raises:
        InputError: naming the first impossible row or count.
    """
    rows = audit.rows
    grades = {query_id: dict(judged) for query_id, judged in clean.items()}
    for number, row in enumerate(rows, start=1):
        if wrong := _contradiction(row, grades, collection):
            raise InputError(
                f"noise.audit={path}, row {number} (query {row.query_id!r}): {wrong}. {ADVICE}"
            )
    kinds = [row.kind for row in rows]
    counts = {
        "corrupted": sum(row.corrupts for row in rows),
        "skipped": kinds.count(SKIP),
        "dropped": kinds.count(DROP),
        **realised_rates(collection, clean, rows),
    }
    announced = asdict(audit.header)
    for name, value in counts.items():
        if not _equal(value, announced[name]):
            raise InputError(
                f"noise.audit={path}: its header says {name}={announced[name]}, its rows amount to "
                f"{value}. {ADVICE}"
            )


def _contradiction(
    row: AuditRow, grades: dict[str, dict[str, int]], collection: Collection
) -> str | None:
    """Return what is impossible about a row, given the grades so far; apply a possible row."""
    if row.query_id not in collection.train.queries:
        return "this is no training query"
    if row.removed == row.inserted:
        return f"it removes and inserts {row.removed!r}"
    judged = grades.setdefault(row.query_id, {})
    for doc_id, before, after in (
        (row.removed, row.removed_from, row.removed_to),
        (row.inserted, row.inserted_from, row.inserted_to),
    ):
        if not doc_id:
            if (before, after) != (None, None):
                return "it gives grades to no document"
            continue
        if doc_id not in collection.documents:
            return f"the collection has no document {doc_id!r}"
        if judged.get(doc_id) != before:
            return f"document {doc_id!r} has the grade {judged.get(doc_id)}, not {before}"
        if after is None:
            judged.pop(doc_id, None)
        else:
            judged[doc_id] = after
    return None


def _fits(value: object, hint: object) -> bool:
    if get_origin(hint) is UnionType:
        return any(_fits(value, option) for option in get_args(hint))
    if isinstance(value, bool) or hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and math.isfinite(value)
    kind = get_origin(hint) or hint
    assert isinstance(kind, type)
    return isinstance(value, kind)


def _equal(value: object, other: object) -> bool:
    if isinstance(value, float) and isinstance(other, int | float):
        return math.isclose(value, other, rel_tol=1e-9)
    return value == other
