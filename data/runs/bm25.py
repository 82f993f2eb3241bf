"""The first stage: BM25 ranks the whole collection for every query.

Reference: Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
Foundations and Trends in Information Retrieval, 2009, section 3. The variant is Lucene's: Kamphuis
et al., "Which BM25 Do You Mean?", ECIR 2020, section 2. bm25s (Lù, arXiv, 2024) scores small
collections; `data.bm25` has the engine of large ones, which gives the same rows and scores.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

import checks
from data.bm25.engines import PRUNED, chosen
from data.bm25.indexing import open_index
from data.bm25.parts import cached_run
from data.runs.analyzer import analyzed, description
from data.runs.ranked_lists import Run, first, without_self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from data.bm25.bm25s_index import Bm25sIndex
    from data.bm25.pruned_search import ImpactIndex
    from data.collections.collection import Collection
    from data.storage.cache import JsonValue

log = logging.getLogger(__name__)

CHUNK = 256
SHOWN = 5  # query ids in a message
FORMAT = 2
"""Of the index on disk, and of how it is searched; another number, another index."""


def bm25_run(
    collection: Collection,
    split_queries: Mapping[str, str],
    depth: int,
    *,
    k1: float = 0.9,
    b: float = 0.4,
) -> Run:
    """Rank the collection for every query by BM25.

        score(q, d) = sum_{t in q} ln(1 + (N - df + 0.5) / (df + 0.5))
                      * tf / (tf + k1 * (1 - b + b * |d| / avg|d|))

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
    documents = collection.documents
    wanted = min(depth, len(documents))
    depth = min(wanted + collection.skip_same_id, len(documents))
    engine = chosen(collection.bm25_engine, len(documents), documents.size)
    index_key = _index_key(collection, engine, k1, b)

    @cache
    def index() -> Bm25sIndex | ImpactIndex:
        return open_index(collection, engine, index_key, k1, b)

    def search(texts: list[str], rows: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        index().search(list(_terms(texts, collection.bm25_language)), rows, scores)

    key = {**index_key, "queries": _queries_hash(split_queries), "depth": depth}
    shape = (len(split_queries), depth)
    rows, scores = cached_run(collection.cache, key, split_queries.values(), shape, search)
    _report(rows, split_queries, collection)
    run = Run(list(split_queries), rows, scores)
    return first(without_self(run, documents), wanted) if collection.skip_same_id else run


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


def _index_key(collection: Collection, engine: str, k1: float, b: float) -> dict[str, JsonValue]:
    versions = {name: version(name) for name in ("bm25s", "PyStemmer")}
    return {
        "documents": collection.documents_fingerprint,
        "k1": float(k1),
        "b": float(b),
        "analyzer": description(collection.bm25_language),
        **versions,
        # bm25s has none, so that what it indexed before there was a choice is still found
        **({"impacts": FORMAT} if engine == PRUNED else {}),
    }


def _queries_hash(queries: Mapping[str, str]) -> str:
    return blake2b(json.dumps(list(queries.items())).encode(), digest_size=16).hexdigest()


def _terms(texts: Iterable[str], language: str) -> Iterator[list[str]]:
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield from analyzed(chunk, language, return_ids=False)
