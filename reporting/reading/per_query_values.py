"""Fast reading of per_query.tsv as `evaluation.write_per_query` writes it.

A report may read thousands of these files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cells.record.written_scores import SCORES
from data.storage.file_hashes import hash_of_bytes
from errors import InputError
from evaluation.per_query import QUERY_COLUMN, read_per_query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class PerQuery(NamedTuple):
    """Values of each query.

    Attributes:
        query_ids: the queries, sorted [Q].
        values: of each measure [M, Q].
    """

    query_ids: tuple[str, ...]
    values: NDArray[np.float64]


def read_values(path: Path, measures: Sequence[str], written: str | None = None) -> PerQuery:
    """Read the values of some measures.

    Args:
        path: the file.
        measures: the measures wanted.
        written: hash of the file as it was written; None: unknown.

    Raises:
        InputError: if the file is missing or malformed, was changed after it was written, lists a
            query twice, lacks a measure, or has a value that is not finite.
    """
    query_ids, values = _columns(path, measures, written)
    order = sorted(range(len(query_ids)), key=query_ids.__getitem__)
    sorted_ids = tuple(query_ids[place] for place in order)
    if len(set(sorted_ids)) < len(sorted_ids):
        raise InputError(f"{path.name} lists a query twice")
    if not np.isfinite(values).all():
        measure, query = np.argwhere(~np.isfinite(values))[0]
        raise InputError(
            f"{path.name} says {measures[measure]} of query {query_ids[query]} is "
            f"{values[measure, query]}"
        )
    return PerQuery(sorted_ids, values[:, order])


def _columns(
    path: Path, measures: Sequence[str], written: str | None
) -> tuple[list[str], NDArray[np.float64]]:
    """Return query ids and values [M, Q], in the order of the file."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read ({error})") from error
    if written not in (None, hash_of_bytes(content)):
        raise InputError(
            f"{path.name} was changed after {SCORES} was written (its hash differs): put the file "
            "back, or run the cell again with overwrite=true"
        )
    if '"' in text:  # quoted ids need a real parser
        return _parsed_slowly(path, measures)
    lines = text.rstrip("\n").split("\n")
    header = lines[0].split("\t")
    fields = "\t".join(lines[1:]).split("\t") if len(lines) > 1 else []
    width = len(header)
    if header[0] != QUERY_COLUMN or len(fields) != width * (len(lines) - 1):
        raise InputError(f"{path.name} is not a table of measures per query")
    try:
        places = [header.index(measure) for measure in measures]
        values = [
            np.fromiter(map(float, fields[place::width]), np.float64, len(lines) - 1)
            for place in places
        ]
    except ValueError as error:
        raise InputError(f"{path.name}: {error}") from error
    return fields[::width], np.array(values).reshape(len(measures), len(lines) - 1)


def _parsed_slowly(path: Path, measures: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    table = read_per_query(path)
    try:
        return list(table), np.array(
            [[values[measure] for values in table.values()] for measure in measures]
        )
    except KeyError as error:
        raise InputError(f"{path.name} has no column {error.args[0]}") from error
