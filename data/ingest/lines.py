"""Reading the user's text files line by line, with file and line in every message."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zlib import error as ZlibError  # noqa: N812  zlib spells its exception in lower case

from data.collections.records import Document, Judgement
from data.storage.file_hashes import hash_of
from errors import InputError

JUDGEMENT_COLUMNS = (3, 4)
GRADE = re.compile(r"[+-]?\d{1,9}(?:\.0*)?", re.ASCII)
"""A whole number, be it written as 1 or, as spreadsheets do, as 1.0.

At most nine digits: the programs that compute measures count in C's `int`.
"""

QUERY_COLUMNS = {"queryid", "qid", "query", "topic", "topicid"}
ID_COLUMNS = {"id", "docid", "docno", "documentid", "corpusid", "pid", "passageid"}
TEXT_COLUMNS = {"text", "title", "query", "body", "content", "contents", "passage", "document"}
"""Names of columns in headers, without signs and in lower case."""


class Line(NamedTuple):
    """A non-blank line of a file, without its end; numbers start at 1."""

    path: Path
    number: int
    text: str

    def wrong(self, what: str) -> InputError:
        """Return the error that says what is wrong with this line."""
        return InputError(f"line {self.number} of {self.path} {what}")


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a UTF-8 file, unpacking `.gz`.

    A byte order mark and carriage returns are tolerated.

    Raises:
        InputError: the file cannot be read or is not UTF-8.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, content in enumerate(file, start=1):
                line = Line(path, number, _decoded(path, number, content))
                if line.text.strip():
                    yield line
    except (
        OSError,
        EOFError,
        ZlibError,
    ) as error:  # gzip.BadGzipFile is an OSError, a file cut short an EOFError
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {reason}") from error


def read_texts(path: Path) -> Iterator[Document]:
    """Yield the ids and texts of a corpus or queries file; a title, if any, comes before the text.

    Either JSON lines with `_id`, `text` and perhaps `title`, or tab-separated lines: the id, then
    the text (further tabs count as spaces), perhaps below a line that names the columns.

    Raises:
        InputError: a line is malformed.
    """
    if ".jsonl" in path.suffixes:
        return map(_from_json, read_lines(path))
    return (_from_tsv(line) for line in read_lines(path) if not _names_columns(line))


def read_judgements(path: Path) -> Iterator[Judgement]:
    """Yield the judgements of a qrels file.

    A line is `query document grade`, with or without a header, or TREC's
    `query iteration document grade`.

    Raises:
        InputError: a line is malformed or its grade is not a whole number.
    """
    for line in read_lines(path):
        fields = (
            [field.strip() for field in line.text.split("\t")]
            if "\t" in line.text
            else line.text.split()
        )
        if len(fields) not in JUDGEMENT_COLUMNS:
            raise line.wrong(
                f"has {len(fields)} fields; a judgement has 3 (query, document, grade) or 4 "
                "(query, iteration, document, grade)"
            )
        if line.number == 1 and _word(fields[0]) in QUERY_COLUMNS and fields[-1][:1].isalpha():
            continue  # the header
        yield Judgement(fields[0], fields[-2], _grade(line, fields[-1]))


def hash_file(path: Path) -> str:
    """Return the hash of a file's bytes (hex).

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return hash_of(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _decoded(path: Path, number: int, content: bytes) -> str:
    try:
        # a byte order mark also begins the line where a file with one was appended to another
        return content.decode("utf-8").removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"line {number} of {path} is not UTF-8 (byte {error.start + 1} of the line): save the "
            "file as UTF-8"
        ) from error


def _from_json(line: Line) -> Document:
    try:
        record: Any = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        raise line.wrong(f"is not JSON: {error}") from error
    if (
        not isinstance(record, dict)
        or not isinstance(record.get("_id"), str | int)
        or not isinstance(record.get("text"), str)
    ):
        raise line.wrong('is not a record like {"_id": "d1", "title": "optional", "text": "..."}')
    return Document(str(record["_id"]), f"{record.get('title') or ''} {record['text']}".strip())


def _from_tsv(line: Line) -> Document:
    identifier, tab, text = line.text.partition("\t")
    if not tab:
        raise line.wrong("has no tab: a line is the id, a tab and the text")
    return Document(identifier, text.replace("\t", " ").strip())


def _names_columns(line: Line) -> bool:
    """Return whether the first line of a tab-separated file is its header."""
    first, *others = map(_word, line.text.split("\t"))
    if line.number > 1 or not others:
        return False
    return first in ID_COLUMNS | QUERY_COLUMNS and TEXT_COLUMNS.issuperset(others)


def _word(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _grade(line: Line, field: str) -> int:
    if not GRADE.fullmatch(field):
        raise line.wrong(
            f"has the grade {field!r}: grades are whole numbers, 1 or more is positive"
            + (" (a header begins with query-id)" if line.number == 1 else "")
        )
    return int(field.partition(".")[0])
