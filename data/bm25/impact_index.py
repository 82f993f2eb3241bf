"""An index on disk: of each term, the documents that have it and what it adds to their scores.

Files:
    vocabulary.txt   the V terms, each ended by a new line
    starts.npy       int64 [V + 1]: begin of each term's postings
    rows.npy         int32 [P]: rows of the documents, ascending within a term
    impacts.npy      float32 [P]: the summand of the score, as bm25s computes it
    highest.npy      float32 [1 + 3, V]: each term's highest summand, and its 10th, 100th, 1000th; 0
                     where a term has fewer
    documents.npy    int64 []: N
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from data.bm25.pieces import read_piece, read_words, write_words
from data.storage.new_array import new_array
from data.storage.ragged import offsets_of
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from data.bm25.pieces import CountedTerms

RANKS = (10, 100, 1000)
"""Ranks whose summand is kept of each term."""
POSTING = 8
"""Bytes of a posting."""


def write_impact_index(folder: Path, pieces: Sequence[Path], k1: float, b: float) -> None:
    """Merge pieces, in the order of their documents, into an index.

    Args:
        folder: empty.
        pieces: folders that `data.bm25.pieces.write_piece` wrote.
        k1: saturation of the term frequency.
        b: share of length normalisation.
    """
    size, terms = _vocabulary(folder, pieces)
    frequencies = np.zeros(size, np.int64)
    for path, theirs in zip(pieces, terms, strict=True):
        frequencies[theirs] += np.diff(read_piece(path).starts)
    starts = offsets_of(frequencies)
    _save(folder, "starts", starts)
    rows = new_array(folder / "rows.npy", np.int32, (int(starts[-1]),))
    impacts = new_array(folder / "impacts.npy", np.float32, (int(starts[-1]),))
    formula = _Formula.of([read_piece(piece) for piece in pieces], frequencies, k1, b)
    _save(folder, "documents", np.array(formula.documents))
    first, free = 0, starts[:-1].copy()
    for place, theirs in enumerate(track(terms, "Merging for BM25", len(terms))):
        piece = read_piece(pieces[place])
        sizes = np.diff(piece.starts)
        places = np.repeat(free[theirs] - piece.starts[:-1], sizes) + np.arange(piece.starts[-1])
        rows[places] = piece.rows
        impacts[places] = formula.impacts(piece, first, np.repeat(theirs, sizes))
        free[theirs] += sizes
        first += len(piece.lengths)
    _save(folder, "highest", _highest(impacts, starts))


class _Formula(NamedTuple):
    """BM25 with what it needs to know of the whole collection.

    Attributes:
        documents: N.
        mean: terms of a document.
        weights: float32 [V], inverse document frequencies.
        k1: saturation of the term frequency.
        b: share of length normalisation.
    """

    documents: int
    mean: float
    weights: NDArray[np.float32]
    k1: float
    b: float

    @classmethod
    def of(
        cls, pieces: Sequence[CountedTerms], frequencies: NDArray[np.int64], k1: float, b: float
    ) -> _Formula:
        documents = sum(len(piece.lengths) for piece in pieces)
        mean = sum(int(piece.lengths.sum(dtype=np.int64)) for piece in pieces) / documents
        return cls(documents, mean, _inverse_frequencies(frequencies, documents), k1, b)

    def impacts(
        self, piece: CountedTerms, first: int, terms: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return what the postings of a piece, whose first row is given, add to a score."""
        ours = piece.lengths[piece.rows - first]
        counts = piece.counts.astype(np.float64)
        saturation = self.k1 * ((1 - self.b) + self.b * ours / self.mean)
        return self.weights[terms] * (counts / (saturation + counts))


def _vocabulary(folder: Path, pieces: Sequence[Path]) -> tuple[int, list[NDArray[np.int64]]]:
    """Write the terms of all pieces; return V and each piece's terms as numbers in [0, V).

    The words are gone from memory afterwards; a piece's are read once, one at a time.
    """
    numbers: dict[str, int] = {}
    terms = [
        np.fromiter(
            (numbers.setdefault(word, len(numbers)) for word in read_words(piece / "words.txt")),
            np.int64,
        )
        for piece in pieces
    ]
    write_words(folder / "vocabulary.txt", numbers)
    return len(numbers), terms


def _inverse_frequencies(frequencies: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
    """Return ln(1 + (N - df + 0.5) / (df + 0.5)) [V].

    By the function that bm25s calls, since NumPy's may differ in the last bit.
    """
    values, places = np.unique(frequencies, return_inverse=True)
    weights = [math.log(1 + (documents - df + 0.5) / (df + 0.5)) for df in values.tolist()]
    return np.array(weights, np.float32)[places]


def _highest(impacts: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    highest = np.zeros((1 + len(RANKS), len(starts) - 1), np.float32)
    if len(impacts):
        highest[0] = np.maximum.reduceat(impacts, starts[:-1])
    frequent = np.flatnonzero(np.diff(starts) >= RANKS[0])
    for term in track(frequent.tolist(), "Bounds for BM25", len(frequent)):
        theirs = np.sort(impacts[starts[term] : starts[term + 1]])
        for line, rank in enumerate(RANKS, 1):
            if rank <= len(theirs):
                highest[line, term] = theirs[-rank]
    return highest


def _save(folder: Path, name: str, array: NDArray[Any]) -> None:
    np.save(folder / f"{name}.npy", array, allow_pickle=False)
