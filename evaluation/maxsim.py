"""Late-interaction search: exact in a small collection, among candidates in a large one.

Documents are encoded, scored and discarded, so that memory stays bounded. Approximate indices of
token vectors (PLAID) are not offered.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from data.runs.ranked_lists import NO_DOCUMENT, Run
from errors import InputError
from evaluation.exact_search import Best, merge
from evaluation.first_stage import FirstStage, reordered
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
from lightning_modules.layers.ragged_tensor import offsets_of
from lightning_modules.layers.token_vectors import TokenVectors, maxsim, maxsim_pairs
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from data import TextInputs
    from data.storage.cache import JsonValue
    from lightning_modules.networks.late_interaction import LateInteractionRetriever

QUERY_BLOCK = 64  # queries whose similarities with a block of documents are held at once


class MaxSimSearch(Search["LateInteractionRetriever"]):
    """Ranks by MaxSim.

    Args:
        exact_up_to: the largest collection that is searched completely; in larger ones a first
            stage's candidates are re-ranked.
        first_stage: path of a run file; None: BM25.
        candidates: documents per query that the first stage gives.
    """

    def __init__(self, exact_up_to: int, first_stage: str | None, candidates: int) -> None:
        self._exact_up_to = exact_up_to
        self._first_stage = FirstStage(first_stage, candidates)

    def indexed(
        self,
        network: LateInteractionRetriever,
        corpus: Corpus,
        *,
        key: Mapping[str, JsonValue],
        batch_tokens: int,
        shards: slice = ALL,
    ) -> MaxSimSearch:
        """Return itself, since a collection has too many token vectors to store."""
        del network, corpus, key, batch_tokens, shards
        return self

    def prepare(self, queries: Queries, corpus: Corpus) -> None:
        """Find the candidates of a large collection."""
        if not self.reads_all(corpus):
            self._first_stage.run(queries, corpus)

    def reads_all(self, corpus: Corpus) -> bool:
        """Return whether the collection has at most `exact_up_to` documents."""
        return len(corpus.tokens) <= self._exact_up_to

    def search(
        self,
        network: LateInteractionRetriever,
        queries: Queries,
        corpus: Corpus,
        *,
        depth: int,
        batch_tokens: int,
        shard: Shard = WHOLE,
    ) -> SearchResult:
        """Rank the whole collection, or the candidates."""
        assert shard is WHOLE  # not shared
        with evaluating(network):
            vectors = _encoded_queries(network, queries.tokens, batch_tokens)
            if self.reads_all(corpus):
                scores, rows = _exact(network, vectors, corpus.tokens, depth, batch_tokens)
                return SearchResult(
                    Run(list(queries.texts), rows, scores),
                    {"search": "exact MaxSim, all documents"},
                )
            found = self._first_stage.run(queries, corpus)
            scores = _candidate_scores(network, vectors, found, corpus.tokens, batch_tokens)
        facts = {
            "search": "MaxSim of candidates",
            "first_stage": self._first_stage.name,
            "candidates": self._first_stage.candidates,
        }
        return SearchResult(reordered(found, scores, depth), facts, found)


def _encoded_queries(
    network: LateInteractionRetriever, store: TextInputs, batch_tokens: int
) -> TokenVectors:
    encoded = [
        network.encode_queries(to_device_of(store.tokens(rows), network))
        for rows in _blocks(np.arange(len(store)), store, batch_tokens)
    ]
    return TokenVectors(
        torch.cat([part.vectors for part in encoded]),
        offsets_of(torch.cat([part.offsets.diff() for part in encoded])),
    )


def _exact(
    network: LateInteractionRetriever,
    queries: TokenVectors,
    documents: TextInputs,
    depth: int,
    batch_tokens: int,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return scores and rows of each query's best documents, both [Q, min(depth, n)]."""
    device, count = queries.vectors.device, len(queries.offsets) - 1
    best = Best.none(count, min(depth, len(documents)), device)
    parts = [
        (
            best.of(slice(start, start + QUERY_BLOCK)),
            queries.take(torch.arange(start, min(start + QUERY_BLOCK, count), device=device)),
        )
        for start in range(0, count, QUERY_BLOCK)
    ]
    for rows in track(_blocks(np.arange(len(documents)), documents, batch_tokens), "MaxSim"):
        encoded = network.encode_documents(to_device_of(documents.tokens(rows), network))
        for best_of_part, part in parts:
            merge(best_of_part, maxsim(part, encoded).float(), int(rows[0]))
    if not bool(best.scores.isfinite().all()):
        raise InputError(
            "a MaxSim score is not finite: training has probably diverged; lower optimizer.lr."
        )
    return best.scores.cpu().numpy(), best.rows.cpu().numpy()


def _candidate_scores(
    network: LateInteractionRetriever,
    queries: TokenVectors,
    found: Run,
    documents: TextInputs,
    batch_tokens: int,
) -> NDArray[np.float32]:
    """Return the MaxSim of every listed pair [Q, k], encoding each document only once."""
    scores = np.full(found.rows.shape, -np.inf, dtype=np.float32)
    places = np.argwhere(found.rows != NO_DOCUMENT)  # (query, rank) of each listed pair
    listed, document = np.unique(found.rows[places[:, 0], places[:, 1]], return_inverse=True)
    by_document = np.argsort(document, kind="stable")
    places, document = places[by_document], document[by_document]
    first = 0
    for rows in track(_blocks(listed, documents, batch_tokens), "MaxSim of candidates"):
        begin, end = np.searchsorted(document, [first, first + len(rows)])
        encoded = network.encode_documents(to_device_of(documents.tokens(rows), network))
        pairs = torch.from_numpy(
            np.column_stack([places[begin:end, 0], document[begin:end] - first])
        ).to(queries.offsets.device)
        scores[places[begin:end, 0], places[begin:end, 1]] = (
            maxsim_pairs(queries, encoded, pairs).float().cpu().numpy()
        )
        first += len(rows)
    return scores


def _blocks(
    rows: NDArray[np.int64], store: TextInputs, batch_tokens: int
) -> list[NDArray[np.int64]]:
    """Return the rows in blocks of about `batch_tokens` tokens, or one longer text."""
    block = np.cumsum(store.lengths[rows]) // batch_tokens
    cuts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist(), len(rows)]
    return [rows[start:end] for start, end in pairwise(cuts) if end > start]
