"""Re-ranking: a first stage finds candidates, a cross-encoder orders them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from data.runs.ranked_lists import NO_DOCUMENT
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
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.storage.cache import JsonValue
    from lightning_modules.networks.cross_encoder import CrossEncoder


class ReRanking(Search["CrossEncoder"]):
    """Orders a first stage's candidates by the network's scores.

    Args:
        first_stage: path of a run file; None: BM25.
        candidates: documents per query.
    """

    def __init__(self, first_stage: str | None, candidates: int) -> None:
        self._first_stage = FirstStage(first_stage, candidates)

    def indexed(
        self,
        network: CrossEncoder,
        corpus: Corpus,
        *,
        key: Mapping[str, JsonValue],
        batch_tokens: int,
        shards: slice = ALL,
    ) -> ReRanking:
        """Return itself, since there are no document vectors."""
        del network, corpus, key, batch_tokens, shards
        return self

    def prepare(self, queries: Queries, corpus: Corpus) -> None:
        """Find the candidates."""
        self._first_stage.run(queries, corpus)

    def reads_all(self, corpus: Corpus) -> bool:
        """Return false, since only candidates are read."""
        del corpus
        return False

    def search(
        self,
        network: CrossEncoder,
        queries: Queries,
        corpus: Corpus,
        *,
        depth: int,
        batch_tokens: int,
        shard: Shard = WHOLE,
    ) -> SearchResult:
        """Score every candidate of every query."""
        assert shard is WHOLE  # not shared
        found = self._first_stage.run(queries, corpus)
        scores = np.full(found.rows.shape, -np.inf, dtype=np.float32)
        with evaluating(network):
            for place, rows in enumerate(track(found.rows, "Re-ranking", len(found.rows))):
                for start, end in _pieces(
                    len(rows[rows != NO_DOCUMENT]), max(1, batch_tokens // network.pair_length)
                ):
                    scores[place, start:end] = _scores(
                        network, queries, corpus, place, rows[start:end]
                    )
        facts = {
            "search": "re-ranking",
            "first_stage": self._first_stage.name,
            "candidates": self._first_stage.candidates,
        }
        return SearchResult(reordered(found, scores, depth), facts, found)


def _pieces(count: int, size: int) -> list[tuple[int, int]]:
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def _scores(
    network: CrossEncoder,
    queries: Queries,
    corpus: Corpus,
    place: int,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    query, documents = (
        to_device_of(queries.tokens.tokens([place]), network),
        to_device_of(corpus.tokens.tokens(rows), network),
    )
    columns = torch.arange(len(rows), device=query.ids.device)
    scores: np.ndarray[tuple[int], np.dtype[np.float32]] = (
        network.pair_scores(
            query, documents, torch.stack([torch.zeros_like(columns), columns], dim=1)
        )
        .float()
        .cpu()
        .numpy()
    )
    return scores
