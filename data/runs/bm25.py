"""The first stage: BM25 ranks the whole collection for every query.

Reference: Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
Foundations and Trends in Information Retrieval, 2009, section 3. The variant is Lucene's: Kamphuis
et al., "Which BM25 Do You Mean?", ECIR 2020, section 2. bm25s (Lù, arXiv, 2024) scores.
"""

from __future__ import annotations

import json
import logging
from hashlib import blake2b
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

import checks
from data.runs.analyzer import analyzed, description
from data.runs.ranked_lists import Run, first, without_self
from terminal import quiet, track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from data.collections.collection import Collection
    from data.storage.cache import JsonValue

log = logging.getLogger(__name__)

CHUNK = 256
NO_TERMS = "no_terms"  # stands in for the index of documents without any
SHOWN = 5  # query ids in a message


def bm25_run(
    collection: Collection,
    split_queries: Mapping[str, str],
    depth: int,
    *,
    k1: float = 0.9,
    b: float = 0.4,
) -> Run:
    """Rank the collection for every query by BM25.

        score(q, d) = sum_{t in q} ln(1 + (N - df + 0.5) / (df + 0.5)) * tf / (tf + k1 * (1 - b + b
        * |d| / avg|d|))

    Args:
        collection: its documents are ranked; index and run are kept in its cache. It says in which
            language words are told apart, and whether a document with the id of the query is left
            out.
        split_queries: query_id -> text; Q of them.
        depth: documents per query, at least 1. A list is shorter where fewer documents share a term
            with the query.
        k1: saturation of the term frequency, 0 or more.
        b: share of length normalisation, in [0, 1].

    Returns:
        The run, with rows and scores [Q, min(depth, number of documents)]; score descending, ties
        by the smaller row.

    How many queries share no term with any document is logged.

    Raises:
        InputError: a parameter is out of range.
    """
    _check(depth, k1, b)
    wanted = min(depth, len(collection.documents))
    depth = min(wanted + collection.skip_same_id, len(collection.documents))
    index_key = _index_key(collection, k1, b)

    def build(folder: Path) -> None:
        terms = _terms(split_queries.values(), collection.bm25_language)
        rows, scores = _search(
            _index(collection, index_key, k1, b), terms, len(split_queries), depth
        )
        np.save(folder / "rows.npy", rows, allow_pickle=False)
        np.save(folder / "scores.npy", scores, allow_pickle=False)

    folder = collection.cache.folder(
        "bm25-run", {**index_key, "queries": _queries_hash(split_queries), "depth": depth}, build
    )
    rows, scores = (
        np.load(folder / name, mmap_mode="r", allow_pickle=False)
        for name in ("rows.npy", "scores.npy")
    )
    _report(rows, split_queries, collection)
    run = Run(list(split_queries), rows, scores)
    return (
        first(without_self(run, collection.documents), wanted) if collection.skip_same_id else run
    )


def _report(rows: NDArray[np.int64], queries: Mapping[str, str], collection: Collection) -> None:
    """Say which queries BM25 finds nothing for: without a word, they would just score 0."""
    lacking = np.flatnonzero(rows[:, 0] < 0).tolist()
    if lacking:
        query_ids = list(queries)
        log.warning(
            "BM25 finds nothing for %d of %d queries of %s (%s): no document shares a term with "
            "them. bm25.language=%s determines the terms; another language, or cjk for scripts "
            "without spaces, may fit better",
            len(lacking),
            len(queries),
            collection.name,
            ", ".join(query_ids[place] for place in lacking[:SHOWN]),
            collection.bm25_language,
        )


def _check(depth: int, k1: float, b: float) -> None:
    checks.integer("depth", depth, 1)
    checks.real("k1", k1, "0 or more, e.g. 0.9", 0.0)
    checks.real("b", b, "between 0 and 1, e.g. 0.4", 0.0, 1.0)


def _index_key(collection: Collection, k1: float, b: float) -> dict[str, JsonValue]:
    versions = {name: version(name) for name in ("bm25s", "PyStemmer")}
    return {
        "documents": collection.documents_fingerprint,
        "k1": float(k1),
        "b": float(b),
        "analyzer": description(collection.bm25_language),
        **versions,
    }


def _queries_hash(queries: Mapping[str, str]) -> str:
    return blake2b(json.dumps(list(queries.items())).encode(), digest_size=16).hexdigest()


def _index(collection: Collection, key: Mapping[str, JsonValue], k1: float, b: float) -> Any:
    """Return the index; None if no document holds a term."""
    from bm25s import BM25

    quiet("bm25s")

    def build(folder: Path) -> None:
        texts = track(collection.documents.texts(), "Indexing for BM25", len(collection.documents))
        documents = analyzed(texts, collection.bm25_language, return_ids=True)
        if not any(documents.ids):  # bm25s makes no index of nothing
            (folder / NO_TERMS).touch()
            return
        index = BM25(k1=k1, b=b, method="lucene")
        index.index(documents, show_progress=False)
        index.save(folder, show_progress=False)

    folder = collection.cache.folder("bm25-index", key, build)
    if (folder / NO_TERMS).exists():
        return None
    return BM25.load(folder, mmap=True, show_progress=False)


def _search(
    index: Any, queries: Iterable[list[str]], n: int, depth: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rows = np.full((n, depth), -1, np.int64)
    scores = np.full((n, depth), -np.inf, np.float32)
    if index is None:
        return rows, scores
    for position, terms in enumerate(track(queries, "BM25", n)):
        found, found_scores = _best(index.get_scores_from_ids(index.get_tokens_ids(terms)), depth)
        rows[position, : len(found)] = found
        scores[position, : len(found)] = found_scores
    return rows, scores


def _terms(texts: Iterable[str], language: str) -> Iterator[list[str]]:
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield from analyzed(chunk, language, return_ids=False)


def _best(scores: NDArray[np.float32], depth: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return rows and scores of the best matching documents.

    bm25s' own selection would break ties at the cutoff arbitrarily.
    """
    rows = np.flatnonzero(scores > 0)
    if len(rows) > depth:
        least = np.partition(scores[rows], -depth)[-depth]
        rows = rows[scores[rows] >= least]
    # rows ascend, so a stable sort puts the smaller row first
    rows = rows[np.argsort(-scores[rows], kind="stable")][:depth]
    return rows, scores[rows]
