"""Judgements as a qrels file in BEIR's layout: tab-separated `query-id`, `corpus-id`, `score`."""

from pathlib import Path

from data.collections.records import Qrels
from data.storage.atomic_files import written_aside
from errors import InputError

HEADER = ("query-id", "corpus-id", "score")


def write_qrels(qrels: Qrels, path: Path, *, relevance: int = 1) -> None:
    """Write judgements in their order, completely or not at all; create its folder.

    Documents that were judged and are not relevant are written too.

    Args:
        qrels: the judgements, in which a grade of 1 or more is positive.
        path: the file, in BEIR's layout `<collection>/qrels/<split>.tsv`.
        relevance: lowest grade that is positive in the file: that of the collection.

    Raises:
        InputError: an id cannot be written between tabs.
    """
    for text_id in (each for query_id, judged in qrels.items() for each in (query_id, *judged)):
        check_id(text_id, path)
    lines = (
        f"{query_id}\t{doc_id}\t{grade + relevance - 1}\n"
        for query_id, judged in qrels.items()
        for doc_id, grade in judged.items()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(HEADER) + "\n")
        file.writelines(lines)


def check_id(text_id: str, path: Path) -> None:
    """Check that an id can be a column of a file.

    Args:
        text_id: the id.
        path: the file, for the message.

    Raises:
        InputError: it holds a tab or a line end, or begins or ends with blanks or quotes.
    """
    if text_id.splitlines() != [text_id] or "\t" in text_id or text_id.strip(' "') != text_id:
        raise InputError(
            f"{path}: the id {text_id!r} cannot be written to this file, whose columns are "
            "separated by tabs and may be quoted: rename it"
        )
