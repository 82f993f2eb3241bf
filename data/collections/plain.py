"""Collections from plain dictionaries, for programs that hold their texts in memory."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from data.collections.collection import Collection
from data.collections.records import Document, Qrels, Split
from data.storage.cache import Cache, JsonValue
from data.storage.text_store import TextStore
from data.storage.text_store_writer import STORE_FORMAT, write_text_store
from errors import InputError

SHOWN = 3  # ids in a message


def plain_collection(
    documents: Mapping[str, str], queries: Mapping[str, str], qrels: Qrels, *, cache: Cache
) -> Collection:
    """Return a collection that has training judgements only, as label noise needs it.

    Args:
        documents: doc_id -> text.
        queries: query_id -> text; may hold more queries than are judged.
        qrels: query_id -> doc_id -> grade, a whole number; 1 or more is positive.
        cache: holds the documents and what is derived from them.

    Raises:
        InputError: nothing is judged, a judged query or document has no text, or a grade is not a
            whole number.
    """
    _check(documents, queries, qrels)
    key: dict[str, JsonValue] = {
        "plain": _digest(sorted(documents.items())),
        "format": STORE_FORMAT,
    }
    store = TextStore(cache.folder("documents", key, lambda folder: _write(folder, documents)))
    lacking = [doc_id for judged in qrels.values() for doc_id in judged if doc_id not in store]
    _refuse("documents cannot be stored, for their ids hold white space or nothing", lacking)
    train = Split("train", {query_id: queries[query_id] for query_id in qrels}, qrels)
    fingerprint = _digest([store.fingerprint, sorted(train.queries.items()), qrels])
    splits = (train, Split("validation", {}, {}), Split("test", {}, {}))
    return Collection("plain", store, *splits, fingerprint, store.fingerprint, cache)


def _write(folder: Path, documents: Mapping[str, str]) -> None:
    write_text_store(folder, (Document(*each) for each in documents.items()), "documents")


def _check(documents: Mapping[str, str], queries: Mapping[str, str], qrels: Qrels) -> None:
    if not qrels:
        raise InputError("qrels is empty: give query_id -> doc_id -> grade")
    _refuse("queries have no text", [query_id for query_id in qrels if not queries.get(query_id)])
    pairs = [(query_id, doc_id) for query_id, judged in qrels.items() for doc_id in judged]
    _refuse("documents have no text", [doc_id for _, doc_id in pairs if not documents.get(doc_id)])
    fractions = [pair for pair in pairs if not isinstance(qrels[pair[0]][pair[1]], int)]
    _refuse("grades are no whole numbers", [" -> ".join(pair) for pair in fractions])


def _refuse(fault: str, ids: list[str]) -> None:
    if ids:
        shown = ", ".join(ids[:SHOWN])
        raise InputError(f"qrels: {len(ids)} judged {fault}, for example {shown}")


def _digest(content: object) -> str:
    return blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()
