"""Exact search with single vectors, encoded for the search or read from an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.runs.ranked_lists import Run
from evaluation.encode import WINDOW, encode_store
from evaluation.exact_search import exact_top_k
from evaluation.search_method import (
    ALL,
    Corpus,
    Queries,
    Search,
    SearchResult,
    evaluating,
    to_device_of,
)
from evaluation.shard import WHOLE, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from data.storage.cache import JsonValue
    from lightning_modules.networks.dense_retriever import DenseRetriever

VECTORS = "vectors.npy"
VERSION = 2
SHARD = WINDOW
"""Documents per stored part: the unit that an interruption loses and that processes share."""


class SingleVectorSearch(Search["DenseRetriever"]):
    """Exact search for the largest dot products, shared by the processes that search together.

    Args:
        index: vectors of the collection's documents, in parts [n, D]; None: they are encoded for
            each answer, because the network is being trained.
    """

    shared = True

    def __init__(self, index: Sequence[NDArray[np.floating]] | None = None) -> None:
        self._index = index

    def indexed(
        self,
        network: DenseRetriever,
        corpus: Corpus,
        *,
        key: Mapping[str, JsonValue],
        batch_tokens: int,
        shards: slice = ALL,
    ) -> SingleVectorSearch:
        """Return a search over memory-mapped vectors in the cache, with an entry per shard."""

        def stored(rows: range) -> NDArray[np.floating]:
            def build(folder: Path) -> None:
                with evaluating(network):
                    encoded(
                        network, corpus, batch_tokens=batch_tokens, rows=rows, path=folder / VECTORS
                    )

            documents = corpus.collection.documents_fingerprint
            content = {
                **key,
                "documents": documents,
                "rows": [rows.start, rows.stop],
                "version": VERSION,
            }
            vectors: NDArray[np.floating] = np.load(
                corpus.collection.cache.folder("vectors", content, build) / VECTORS,
                mmap_mode="r",
                allow_pickle=False,
            )
            return vectors

        count = len(corpus.tokens)
        runs = [range(start, min(start + SHARD, count)) for start in range(0, count, SHARD)]
        return SingleVectorSearch([stored(rows) for rows in runs[shards]])

    def prepare(self, queries: Queries, corpus: Corpus) -> None:
        """Do nothing, since there is no first stage."""

    def reads_all(self, corpus: Corpus) -> bool:
        """Return true, since there is no first stage."""
        del corpus
        return True

    def search(
        self,
        network: DenseRetriever,
        queries: Queries,
        corpus: Corpus,
        *,
        depth: int,
        batch_tokens: int,
        shard: Shard = WHOLE,
    ) -> SearchResult:
        """Rank the whole collection."""
        depth = min(depth, len(corpus.tokens))
        own = shard.rows(len(corpus.tokens))
        with evaluating(network):
            query_vectors = encode_store(
                queries.tokens,
                lambda tokens: network.encode_queries(to_device_of(tokens, network)),
                batch_tokens=batch_tokens,
                description="Encoding queries",
            )
            document_vectors = (
                _windows(network, corpus, batch_tokens, own) if self._index is None else self._index
            )
            device = next(network.parameters()).device
            found = exact_top_k(
                query_vectors, document_vectors, depth, device=device, first_row=own.start
            )
        scores, rows = shard.merged(*found, depth)
        return SearchResult(
            Run(list(queries.texts), rows, scores), {"search": "exact, all documents"}
        )


def _windows(
    network: DenseRetriever, corpus: Corpus, batch_tokens: int, rows: range
) -> Iterator[NDArray[np.floating]]:
    """Yield the vectors of some documents in windows, which bound the memory."""
    for start in range(rows.start, rows.stop, SHARD):
        window = range(start, min(start + SHARD, rows.stop))
        yield encoded(network, corpus, batch_tokens=batch_tokens, rows=window)


def encoded(
    network: DenseRetriever,
    corpus: Corpus,
    *,
    batch_tokens: int,
    rows: range | None = None,
    path: Path | None = None,
) -> NDArray[np.floating]:
    """Return the vectors of documents of a collection [n, D], in memory or in a file.

    The network is in evaluation mode.
    """
    return encode_store(
        corpus.tokens,
        lambda tokens: network.encode_documents(to_device_of(tokens, network)),
        batch_tokens=batch_tokens,
        rows=rows,
        path=path,
        description="Encoding documents",
    )
