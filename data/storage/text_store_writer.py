"""Writes a text store from a stream: texts go to disk, about 100 bytes per document to memory."""

import json
from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from data.collections.records import Document
from data.ingest.problems import Tally
from data.storage.text_store import id_hash
from errors import InputError

STORE_FORMAT = 1
"""Version; increase it whenever the same documents would give other files."""

DIGEST = 16
EMPTY = "documents have no text"
SPACED = "documents have an id that is empty or contains white space, which a TREC run cannot hold"


def write_text_store(folder: Path, documents: Iterable[Document], where: str) -> None:
    """Write the files of a `TextStore`.

    A document that occurs twice with the same text is kept once. Documents without text, or with an
    id that no run file can hold, are left out and counted in `store.json`.

    Args:
        folder: an existing, empty folder.
        documents: consumed once.
        where: the setting and value that name the source, for messages.

    Raises:
        InputError: an id occurs with two different texts, or no document is left.
    """
    writer = _Writer(where)
    with (folder / "texts.bin").open("wb") as texts, (folder / "ids.bin").open("wb") as ids:
        for document in documents:
            writer.add(document, texts, ids)
    writer.finish(folder)


class _Writer:
    def __init__(self, where: str) -> None:
        self.where = where
        self.tally = Tally()
        self.spans = array("q")
        self.hashes = array("Q")
        self.digests = bytearray()
        self.text_end = 0
        self.id_end = 0

    def add(self, document: Document, texts: IO[bytes], ids: IO[bytes]) -> None:
        if not document.doc_id or any(map(str.isspace, document.doc_id)):
            self.tally.add(SPACED, repr(document.doc_id))
        elif not document.text.strip():
            self.tally.add(EMPTY, document.doc_id)
        else:
            # JSON can spell half of a surrogate pair, UTF-8 cannot
            text = document.text.encode("utf-8", "replace")
            identifier = document.doc_id.encode("utf-8", "replace")
            text_begin, id_begin = self.text_end, self.id_end
            self.text_end += texts.write(text)
            self.id_end += ids.write(identifier)
            self.spans.extend((text_begin, self.text_end, id_begin, self.id_end))
            self.hashes.append(id_hash(document.doc_id))
            self.digests += blake2b(identifier + b"\0" + text, digest_size=DIGEST).digest()

    def finish(self, folder: Path) -> None:
        spans = np.frombuffer(self.spans, np.int64).reshape(-1, 4)
        hashes = np.frombuffer(self.hashes, np.uint64)
        digests = np.frombuffer(self.digests, f"V{DIGEST}")
        if not len(spans):
            raise InputError(f"{self.where} has no usable document{self.tally.listed()}")
        repeats, conflicts = _repeats(folder / "ids.bin", spans, hashes, digests)
        if conflicts.problems():
            [conflict] = conflicts.problems()
            raise InputError(f"{self.where}: {conflict}. Give every document its own id")
        kept = np.ones(len(spans), bool)
        kept[repeats] = False
        hashes = hashes[kept]
        rows = np.argsort(hashes, kind="stable")
        np.save(folder / "spans.npy", spans[kept], allow_pickle=False)
        np.save(folder / "lookup.npy", hashes[rows], allow_pickle=False)
        np.save(folder / "rows.npy", rows, allow_pickle=False)
        fingerprint = blake2b(digests[kept].tobytes(), digest_size=DIGEST).hexdigest()
        content = {
            "documents": int(kept.sum()),
            "fingerprint": fingerprint,
            "problems": list(map(asdict, self.tally.problems())),
        }
        (folder / "store.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _repeats(
    ids: Path, spans: NDArray[np.int64], hashes: NDArray[np.uint64], digests: NDArray[np.void]
) -> tuple[list[int], Tally]:
    """Return the rows of repeated documents, and the ids that have different texts.

    Ids are compared only if their hashes agree.
    """
    values, counts = np.unique(hashes, return_counts=True)
    suspects = np.flatnonzero(np.isin(hashes, values[counts > 1]))
    by_id: defaultdict[bytes, list[int]] = defaultdict(list)
    with ids.open("rb") as file:
        for row in suspects.tolist():
            begin, end = spans[row, 2:].tolist()
            file.seek(begin)
            by_id[file.read(end - begin)].append(row)
    conflicts = Tally()
    for doc_id, rows in by_id.items():
        if len({digests[row].tobytes() for row in rows}) > 1:
            conflicts.add("document ids come with different texts", doc_id.decode())
    return [row for rows in by_id.values() for row in rows[1:]], conflicts
