"""Tables that a tracker shows: corrupted labels with their texts, and measures by query."""

import csv
from pathlib import Path
from typing import NamedTuple

from data import Collection
from noise import Audit

SHOWN = 50  # corrupted labels; audit.tsv has all of them
LONGEST = 300  # characters shown of a text


class TrackedTable(NamedTuple):
    """A table.

    Attributes:
        columns: names of the columns.
        rows: the rows.
    """

    columns: list[str]
    rows: list[list[object]]


def corrupted_labels(collection: Collection, audit: Audit) -> TrackedTable:
    """Return the first corrupted labels, in the order of the audit, with shortened texts."""
    columns = [
        "query_id",
        "query",
        "removed",
        "removed_text",
        "inserted",
        "inserted_text",
        "rank",
        "similarity_query",
    ]
    rows: list[list[object]] = []
    for row in audit.rows:
        if len(rows) == SHOWN:
            break
        if row.corrupts:
            query = collection.train.queries.get(row.query_id, "")
            texts = (
                row.removed,
                _text(collection, row.removed),
                row.inserted,
                _text(collection, row.inserted),
            )
            rows.append([row.query_id, query[:LONGEST], *texts, row.rank, row.similarity_query])
    return TrackedTable(columns, rows)


def per_query(path: Path) -> TrackedTable:
    """Return the measures of every test query, from a cell's per_query.tsv."""
    with path.open(encoding="utf-8", newline="") as file:
        columns, *lines = csv.reader(file, delimiter="\t")
    return TrackedTable(columns, [[line[0], *map(float, line[1:])] for line in lines])


def _text(collection: Collection, doc_id: str) -> str:
    documents = collection.documents
    return documents.text(documents.row(doc_id))[:LONGEST] if doc_id in documents else ""
