"""per_query.tsv: one line per query and one column per measure, for significance tests."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from data.storage.atomic_files import written_aside
from errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from evaluation.measures import Scores

QUERY_COLUMN = "query_id"


def write_per_query(scores: Scores, path: Path) -> None:
    """Write every query's value of every measure, every digit kept."""
    measures = list(scores.mean)
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow([QUERY_COLUMN, *measures])
        writer.writerows(
            [query_id, *(repr(values[measure]) for measure in measures)]
            for query_id, values in scores.per_query.items()
        )


def read_per_query(path: Path) -> dict[str, dict[str, float]]:
    """Read what `write_per_query` wrote: query_id -> measure -> value.

    Raises:
        InputError: when the file is missing or has another form.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file, delimiter="\t")
        if header[0] != QUERY_COLUMN:
            raise InputError(
                f"{path}: the first column is {header[0]!r} instead of {QUERY_COLUMN!r}"
            )
        return {
            line[0]: {
                measure: float(value) for measure, value in zip(header[1:], line[1:], strict=True)
            }
            for line in lines
        }
    except (OSError, ValueError, IndexError) as error:
        raise (
            error
            if isinstance(error, InputError)
            else InputError(f"{path}: not a table of measures per query ({error})")
        ) from error
