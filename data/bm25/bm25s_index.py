"""BM25 by bm25s: the index is made in memory, and every document with a term is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from data.runs.analyzer import analyzed
from terminal import quiet, track

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from data.storage.text_store import TextStore

NO_TERMS = "no_terms"  # stands in for the index of documents without any


def build_bm25s(folder: Path, documents: TextStore, language: str, k1: float, b: float) -> None:
    """Index the documents into an empty folder."""
    from bm25s import BM25

    quiet("bm25s")
    texts = track(documents.texts(), "Indexing for BM25", len(documents))
    numbered = analyzed(texts, language, return_ids=True)
    if not any(numbered.ids):  # bm25s makes no index of nothing
        (folder / NO_TERMS).touch()
        return
    index = BM25(k1=k1, b=b, method="lucene")
    index.index(numbered, show_progress=False)
    index.save(folder, show_progress=False)


class Bm25sIndex:
    """An index of bm25s.

    Args:
        folder: what `build_bm25s` wrote.
    """

    def __init__(self, folder: Path) -> None:
        from bm25s import BM25

        quiet("bm25s")
        self._index: Any = None
        if not (folder / NO_TERMS).exists():
            self._index = BM25.load(folder, mmap=True, show_progress=False)

    def search(
        self,
        queries: Sequence[list[str]],
        rows: NDArray[np.int64],
        scores: NDArray[np.float32],
    ) -> None:
        """Fill in the best documents of each query.

        Args:
            queries: the terms of Q queries.
            rows: [Q, depth], of -1.
            scores: [Q, depth], of minus infinity.
        """
        if self._index is None:
            return
        depth = rows.shape[1]
        for place, terms in enumerate(track(queries, "BM25", len(queries))):
            found, theirs = best(
                self._index.get_scores_from_ids(self._index.get_tokens_ids(terms)), depth
            )
            rows[place, : len(found)] = found
            scores[place, : len(found)] = theirs


def best(scores: NDArray[np.float32], depth: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
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
