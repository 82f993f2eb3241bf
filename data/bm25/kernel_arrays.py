"""What the search of `data.bm25.kernel` works on, and how its functions are compiled.

The functions take named tuples of arrays, which numba compiles to plain arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

Function = TypeVar("Function", bound="Callable[..., Any]")


class Postings(NamedTuple):
    """An index, as in `data.bm25.impact_index`, opened for a depth k.

    Attributes:
        starts: int64 [V + 1], the begin of each term's postings.
        rows: int32 [P], the document of each posting.
        impacts: float32 [P], what it adds to the document's score.
        highest: float32 [V], the highest of each term.
        known: float32 [V], one that k documents of the term reach; 0: not known.
        documents: N.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    impacts: NDArray[np.float32]
    highest: NDArray[np.float32]
    known: NDArray[np.float32]
    documents: int


class TermNumbers(NamedTuple):
    """Queries as int64 numbers of their terms, end to end, and int64 [Q + 1] where each begins."""

    numbers: NDArray[np.int64]
    offsets: NDArray[np.int64]


class Terms(NamedTuple):
    """The n different terms of a query, those with the lowest bounds first.

    Attributes:
        begin: int64 [n], where the postings of the current window begin.
        next: int64 [n], the first posting that is not read yet.
        end: int64 [n], the end of the postings.
        times: float32 [n], how often the query has the term.
        below: float64 [n + 1], the sum of the bounds of all terms before.
        order: int64 [m], the place here of each word of the query.
    """

    begin: NDArray[np.int64]
    next: NDArray[np.int64]
    end: NDArray[np.int64]
    times: NDArray[np.float32]
    below: NDArray[np.float64]
    order: NDArray[np.int64]


class Window(NamedTuple):
    """Documents that are scored together.

    Attributes:
        base: the row of the first of them.
        sums: float32 [WINDOW], what their scores are so far; 0 for those that are no candidates.
        candidates: int32 [WINDOW], rows of candidates, counted from the base.
    """

    base: int
    sums: NDArray[np.float32]
    candidates: NDArray[np.int32]


class Heap(NamedTuple):
    """A heap of the best documents [k]; the worst of them, the later row of equal ones, first."""

    scores: NDArray[np.float32]
    rows: NDArray[np.int64]


def compiled(function: Function) -> Function:
    """Compile a function so that it runs without the interpreter's lock."""
    try:
        from numba import njit
    except ImportError:
        return function
    # inlined, since each call counts references to every array that it gets
    return cast("Function", njit(nogil=True, forceinline=True)(function))
