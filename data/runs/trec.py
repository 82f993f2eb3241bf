"""TREC run files, `query_id Q0 doc_id rank score tag`, the common format of evaluation tools.

Tools sort a run file by score, some in single precision, and break ties in different ways. Files
written here therefore have strictly decreasing scores in single precision, so that every reader
finds the ranks that we scored.
"""

from __future__ import annotations

import gzip
import io
import math
from array import array
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from data.ingest.lines import Line, read_lines
from data.runs.ranked_lists import NO_DOCUMENT, Run, document_names, ranked_lists
from data.storage.atomic_files import written_aside
from data.storage.ragged import Ragged, offsets_of
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TextIO

    from numpy.typing import NDArray

FORM = "query_id Q0 doc_id rank score tag"
COLUMNS = len(FORM.split())
LARGEST = 1e38  # leaves room below for as many ties as there are documents
LEVEL = 6  # of compression: level 9 takes twice the time for a twentieth of the size
AT_ONCE = 1 << 16  # documents that are Python objects at the same time
SHOWN = 5  # examples of bad lines in a message


def write_trec(run: Run, doc_id: Callable[[int], str], path: Path, *, tag: str) -> None:
    """Write a run file, completely or not at all, packed if its name ends in `.gz`.

    Args:
        run: the ranked lists.
        doc_id: the id of a document row (`TextStore.doc_id`).
        path: the file.
        tag: name of the system, the last column.

    Raises:
        InputError: when an id or the tag holds white space, which the format cannot carry.
    """
    _check_word(tag, "run tag")
    with written_aside(path) as aside, _text(aside, packed=path.suffix == ".gz") as file:
        for block in _blocks(run):
            file.writelines(f"{line} {tag}\n" for line in _written(block, doc_id))


def _blocks(run: Run) -> Iterator[Run]:
    """Yield the run by some queries at a time, so that few of its numbers are Python objects."""
    size = max(1, AT_ONCE // max(1, run.depth))
    for begin in range(0, len(run.query_ids), size):
        some = slice(begin, begin + size)
        yield Run(run.query_ids[some], run.rows[some], run.scores[some])


def _written(run: Run, doc_id: Callable[[int], str]) -> Iterator[str]:
    """Yield the lines of a run, without the tag."""
    names = document_names(run.rows, doc_id)
    for document in names.values():
        _check_word(document, "document id")
    for query_id, rows, values in zip(
        run.query_ids, run.rows.tolist(), tie_free(run.scores).tolist(), strict=True
    ):
        _check_word(query_id, "query id")
        listed = [
            (names[row], value)
            for row, value in zip(rows, values, strict=True)
            if row != NO_DOCUMENT
        ]
        for rank, (document, value) in enumerate(listed, start=1):
            # nine digits carry a float32 exactly
            yield f"{query_id} Q0 {document} {rank} {value:.9g}"


@contextmanager
def _text(path: Path, *, packed: bool) -> Iterator[TextIO]:
    """Open a file to write text to; equal texts give equal bytes, packed or not."""
    with path.open("wb") as file:
        if not packed:
            with io.TextIOWrapper(file, encoding="utf-8") as text:
                yield text
            return
        with (
            gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as archive,  # no name and time inside
            io.TextIOWrapper(archive, encoding="utf-8") as text,
        ):
            yield text


def tie_free(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Lower tied scores by the least amount that makes each row strictly decreasing [Q, k].

    Scores that tie only in single precision are separated too; scores beyond single precision are
    clipped to its largest numbers.
    """
    strict = np.where(np.isneginf(scores), scores, scores.clip(-LARGEST, LARGEST))
    strict = strict.astype(np.float32)
    for rank in range(1, strict.shape[1]):
        np.minimum(
            strict[:, rank],
            np.nextafter(strict[:, rank - 1], np.float32(-np.inf)),
            out=strict[:, rank],
        )
    return strict


class DocumentLookup(Protocol):
    """Documents and their rows, to read a run file with, such as a collection's `TextStore`."""

    def __contains__(self, doc_id: str, /) -> bool:
        """Return whether there is such a document."""

    def row(self, doc_id: str, /) -> int:
        """Return its row."""


class _Listed(NamedTuple):
    query_id: str
    doc_id: str
    score: float


def read_trec(path: Path, documents: DocumentLookup) -> Run:
    """Read a run file, unpacking `.gz`.

    Lists are ranked by score in double precision, then by document row; the rank column is ignored.
    While it is read, a line takes 20 bytes of memory.

    Raises:
        InputError: the file is missing or empty, a line is malformed, a score is not finite, a
            document is listed twice for a query, or documents are not in the collection.
    """
    numbers: dict[str, int] = {}
    queries, rows, scores = array("i"), array("q"), array("d")
    unknown: dict[str, None] = {}
    for _, line in _lines(path):
        if line.doc_id not in documents:
            unknown[line.doc_id] = None
            continue
        queries.append(numbers.setdefault(line.query_id, len(numbers)))
        rows.append(documents.row(line.doc_id))
        scores.append(line.score)
    lists = _by_query(np.asarray(queries), np.asarray(rows), np.asarray(scores), len(numbers))
    _refuse_repeats(path, list(numbers), lists[0])
    if unknown:
        shown = ", ".join(list(unknown)[:SHOWN])
        raise InputError(
            f"{path}: {len(unknown)} documents are not in the collection ({shown}); the run "
            "belongs to another collection"
        )
    return ranked_lists(list(numbers), *lists)


def _by_query(
    queries: NDArray[np.int32], rows: NDArray[np.int64], scores: NDArray[np.float64], n: int
) -> tuple[Ragged, Ragged]:
    """Return rows and scores of each of n queries, whose lines may be anywhere in the file."""
    if (queries[1:] < queries[:-1]).any():
        order = np.argsort(queries, kind="stable")
        rows, scores = rows[order], scores[order]
    offsets = offsets_of(np.bincount(queries, minlength=n))
    return Ragged(rows, offsets), Ragged(scores, offsets)


def _refuse_repeats(path: Path, query_ids: list[str], rows: Ragged) -> None:
    for query_id, (begin, end) in zip(query_ids, pairwise(rows.offsets.tolist()), strict=True):
        if len(np.unique(rows.values[begin:end])) < end - begin:
            raise _repeat(path, query_id)


def _repeat(path: Path, query_id: str) -> InputError:
    """Return the error that names a query's first repeated line, for which the file is read again.

    To remember the number of every line would take memory for nothing.
    """
    seen: set[str] = set()
    for where, line in _lines(path):
        if line.query_id == query_id and line.doc_id in seen:
            return where.wrong(
                f"lists document {line.doc_id} for query {query_id} a second time. Keep one of the "
                "lines"
            )
        if line.query_id == query_id:
            seen.add(line.doc_id)
    return InputError(f"{path} changed while it was read: wait until it is written")


def listed_documents(path: Path) -> set[str]:
    """Return the ids of the documents that a run file lists.

    Raises:
        InputError: the file is missing or empty, or a line is malformed.
    """
    return {line.doc_id for _, line in _lines(path)}


def _lines(path: Path) -> Iterator[tuple[Line, _Listed]]:
    lines = 0
    for lines, line in enumerate(read_lines(path), start=1):  # noqa: B007  used below
        yield line, _parsed(line)
    if not lines:
        raise InputError(f"{path} is empty: a run file lists documents, `{FORM}` a line")


def _parsed(line: Line) -> _Listed:
    fields = line.text.split()
    if len(fields) != COLUMNS:
        raise line.wrong(f"has {len(fields)} columns instead of `{FORM}`")
    try:
        score = float(fields[4])
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise line.wrong(f"has the score {fields[4]}, which is not a finite number")
    return _Listed(fields[0], fields[2], score)


def _check_word(word: str, what: str) -> None:
    if word.split() != [word]:
        raise InputError(
            f"{what} {word!r} cannot be written to a run file, whose columns are separated by "
            "white space: rename it"
        )
