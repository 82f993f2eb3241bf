"""Search of an index on disk in threads, by `data.bm25.kernel`."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np

from data.bm25.impact_index import RANKS
from data.bm25.kernel import search_some
from data.bm25.kernel_arrays import Postings, TermNumbers
from data.bm25.pieces import read_words
from data.storage.ragged import offsets_of
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

AT_ONCE = 100
"""Queries that a thread takes on at once."""


class ImpactIndex:
    """An index that `data.bm25.impact_index.write_impact_index` wrote; its arrays are mapped.

    Args:
        folder: of the index.
    """

    def __init__(self, folder: Path) -> None:
        self._vocabulary = folder / "vocabulary.txt"
        self._documents = int(np.load(folder / "documents.npy", allow_pickle=False))
        self._starts = np.load(folder / "starts.npy", allow_pickle=False)
        self._highest = np.load(folder / "highest.npy", allow_pickle=False)
        # the same pages without the slow indexing of np.memmap
        self._rows, self._impacts = (
            np.load(folder / name, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for name in ("rows.npy", "impacts.npy")
        )

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
        numbers = self._numbers(set(chain.from_iterable(queries)))
        postings = self._opened(rows.shape[1])

        def some(begin: int) -> None:
            chosen = slice(begin, begin + AT_ONCE)
            search_some(_numbered(queries[chosen], numbers), postings, rows[chosen], scores[chosen])

        begins = range(0, len(queries), AT_ONCE)
        with ThreadPoolExecutor(_threads()) as threads:
            for _ in track(threads.map(some, begins), "BM25", len(begins)):
                pass

    def _numbers(self, wanted: set[str]) -> dict[str, int]:
        """Return the numbers of some terms, reading the vocabulary without keeping it."""
        words = enumerate(read_words(self._vocabulary))
        return {word: number for number, word in words if word in wanted}

    def _opened(self, depth: int) -> Postings:
        """Return the index with what at least `depth` documents of each term are known to reach."""
        known = np.zeros_like(self._highest[0])
        for line, rank in reversed(list(enumerate(RANKS, 1))):
            if depth <= rank:
                known = self._highest[line]
        return Postings(
            self._starts, self._rows, self._impacts, self._highest[0], known, self._documents
        )


def _numbered(queries: Sequence[list[str]], numbers: Mapping[str, int]) -> TermNumbers:
    """Return the numbers of the terms that the index has."""
    found = [[numbers[term] for term in terms if term in numbers] for terms in queries]
    flat = np.array(list(chain.from_iterable(found)), np.int64)
    return TermNumbers(flat, offsets_of(np.array([len(each) for each in found], np.int64)))


def _threads() -> int:
    """Return how many threads torch would take; without torch, the cores there are."""
    if "torch" in sys.modules:
        return cast("int", sys.modules["torch"].get_num_threads())
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
