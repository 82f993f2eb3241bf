"""Ranked lists of some queries from a cell's run, without parsing the rest of the file."""

from __future__ import annotations

import gzip
import logging
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

log = logging.getLogger(__name__)


def read_lists(path: Path, query_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return the documents of each query, best first.

    A query without lines has no documents, nor has any query if the file cannot be read. A line
    that is cut is left out.

    Args:
        path: a run file as `evaluation.write_trec` writes it: with the lines of a query next to
            each other, in the order of their ranks.
        query_ids: the queries.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        log.info("%s cannot be read (%s)", path, error)
        return {}
    return {
        query_id: documents
        for query_id in query_ids
        if (documents := _documents(content, f"{query_id} Q0 ".encode()))
    }


def _documents(content: bytes, prefix: bytes) -> list[str]:
    begin = 0 if content.startswith(prefix) else content.find(b"\n" + prefix) + 1
    documents = []
    while content.startswith(prefix, begin):
        start = begin + len(prefix)
        blank, end = content.find(b" ", start), content.find(b"\n", start)
        if end < 0 or not start < blank < end:
            break
        documents.append(content[start:blank].decode())
        begin = end + 1
    return documents
