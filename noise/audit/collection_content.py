"""The identity of a collection that audits record, independent of the order of its files.

`Collection.fingerprint` changes with the order of documents and queries, because rows depend on it.
Labels and audits do not.
"""

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from data.collections.collection import Collection
from data.collections.records import Split
from noise.selection.document_order import DocumentOrder
from terminal import track

if TYPE_CHECKING:
    from data.storage.cache import JsonValue

DIGEST = 16
HASH_FILE = "hash.txt"


def content_hash(collection: Collection) -> str:
    """Return the hash (hex) of documents, queries and judgements of all splits, sorted by id."""
    splits = [
        _sorted(split) for split in (collection.train, collection.validation, collection.test)
    ]
    content = json.dumps([documents_hash(collection), splits])
    return blake2b(content.encode(), digest_size=DIGEST).hexdigest()


def documents_hash(collection: Collection) -> str:
    """Return the hash (hex) of ids and texts, sorted by id; computed once and cached."""

    def build(folder: Path) -> None:
        digest = blake2b(digest_size=DIGEST)
        for document in _documents(collection):
            digest.update(blake2b(document.encode(), digest_size=DIGEST).digest())
        (folder / HASH_FILE).write_text(digest.hexdigest(), encoding="utf-8")

    key: dict[str, JsonValue] = {"documents": collection.documents_fingerprint, "version": 1}
    return (collection.cache.folder("content_hash", key, build) / HASH_FILE).read_text(
        encoding="utf-8"
    )


def _documents(collection: Collection) -> Iterator[str]:
    rows = DocumentOrder(collection).rows
    for row in track(map(int, rows), "Hashing documents", total=len(rows)):
        yield json.dumps([collection.documents.doc_id(row), collection.documents.text(row)])


def _sorted(split: Split) -> list[object]:
    judged = {query_id: sorted(grades.items()) for query_id, grades in split.qrels.items()}
    return [split.name, sorted(split.queries.items()), sorted(judged.items())]
