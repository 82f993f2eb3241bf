"""Retrieval from a whole collection with a single-vector network: encode everything, then exact search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.encode import encode_store
from evaluation.run import Run
from evaluation.search import exact_top_k

if TYPE_CHECKING:
    from data import TokenStore
    from lightning_modules import DenseRetriever


def retrieve(
    network: DenseRetriever, query_ids: list[str], queries: TokenStore, documents: TokenStore, *, depth: int, batch_tokens: int
) -> Run:
    """Retrieves the best documents of the collection for each query, by exact search.

    The network is put into evaluation mode and back.

    Args:
        network: encodes queries and documents.
        query_ids: ids of the Q queries.
        queries: their token ids.
        documents: token ids of the collection.
        depth: documents a query; cut at the size of the collection.
        batch_tokens: tokens encoded at once.

    Raises:
        InputError: if a vector is not finite.
    """
    training = network.training
    network.eval()
    try:
        query_vectors = encode_store(queries, network.encode_queries, batch_tokens=batch_tokens, description="Encoding queries")
        document_vectors = encode_store(documents, network.encode_documents, batch_tokens=batch_tokens, description="Encoding documents")
    finally:
        network.train(training)
    scores, rows = exact_top_k(query_vectors, document_vectors, depth)
    return Run(query_ids, rows, scores)
