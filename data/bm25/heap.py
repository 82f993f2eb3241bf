"""A heap of the k best documents, equal scores by the smaller row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.bm25.kernel_arrays import compiled

if TYPE_CHECKING:
    import numpy as np

    from data.bm25.kernel_arrays import Heap


@compiled
def worse(score: np.float32, row: int, other_score: np.float32, other_row: int) -> bool:
    """Return whether a document ranks below another."""
    return bool(score < other_score or (score == other_score and row > other_row))


@compiled
def sink(best: Heap, size: int, score: np.float32, row: int) -> None:
    """Put a document in the place of the worst of a heap."""
    place = 0
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and worse(
            best.scores[child + 1], best.rows[child + 1], best.scores[child], best.rows[child]
        ):
            child += 1
        if not worse(best.scores[child], best.rows[child], score, row):
            break
        best.scores[place] = best.scores[child]
        best.rows[place] = best.rows[child]
        place = child
    best.scores[place] = score
    best.rows[place] = row


@compiled
def offer(best: Heap, size: int, score: np.float32, row: int) -> int:
    """Keep a document if it is among the k best, and return how many there are."""
    if size == len(best.scores):
        if worse(best.scores[0], best.rows[0], score, row):
            sink(best, size, score, row)
        return size
    place = size
    while place > 0:
        parent = (place - 1) // 2
        if not worse(score, row, best.scores[parent], best.rows[parent]):
            break
        best.scores[place] = best.scores[parent]
        best.rows[place] = best.rows[parent]
        place = parent
    best.scores[place] = score
    best.rows[place] = row
    return size + 1
