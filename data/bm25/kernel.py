"""The documents that score highest, without scoring all: MaxScore over windows of documents.

A term can add at most its highest summand. Once the k best documents so far all score above what
the terms with low bounds can add together, a document with none of the others cannot get in. Only
the others ("essential" terms) are then read in full; the rest is looked up for the documents that
could still get in. Reference: Turtle & Flood, "Query evaluation: strategies and optimizations",
Information Processing & Management 31(6), 1995; Lucene too reads it a window at a time.

The functions are compiled by numba. Without it they are slow but the same, which tests use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.bm25.heap import offer, sink
from data.bm25.kernel_arrays import Heap, Terms, Window, compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.bm25.kernel_arrays import Postings, TermNumbers

WINDOW = 4096
"""Documents that are scored together; their sums stay in the processor's first cache."""
NOWHERE = 2**62
LOOK_UP = 8
"""How much dearer it is to look a posting up than to read the next one."""
ROUNDING = 2.0 * float(np.finfo(np.float32).eps)


@compiled
def first_from(rows: NDArray[np.int32], place: int, end: int, row: int) -> int:
    """Return the first place from `place` on whose row is at least `row`, by growing steps."""
    high, step = place, 1
    while high < end and rows[high] < row:
        place = high + 1
        high += step
        step *= 2
    high = min(high, end)
    while place < high:
        middle = (place + high) // 2
        if rows[middle] < row:
            place = middle + 1
        else:
            high = middle
    return place


@compiled
def bound(postings: Postings, number: int, times: float) -> float:
    """Return what a term adds to a score at most."""
    return float(postings.highest[number]) * times


@compiled
def place_of(numbers: NDArray[np.int64], n: int, number: int) -> int:
    """Return the place of a term among the first n; n: it is not there."""
    place = 0
    while place < n and numbers[place] != number:
        place += 1
    return place


@compiled
def terms_of(query: NDArray[np.int64], postings: Postings) -> Terms:
    """Return the terms of a query by their bounds."""
    n = 0
    numbers = np.empty(len(query), np.int64)
    times = np.zeros(len(query), np.float32)
    for number in query:
        place = place_of(numbers, n, number)
        if place == n:
            numbers[n] = number
            n += 1
        times[place] += 1
    sort_by_bound(postings, numbers[:n], times)
    below = np.zeros(n + 1, np.float64)
    begin = np.empty(n, np.int64)
    end = np.empty(n, np.int64)
    for place in range(n):
        below[place + 1] = below[place] + bound(postings, numbers[place], times[place])
        begin[place] = postings.starts[numbers[place]]
        end[place] = postings.starts[numbers[place] + 1]
    order = np.empty(len(query), np.int64)
    for word in range(len(query)):
        order[word] = place_of(numbers, n, query[word])
    return Terms(begin, begin.copy(), end, times, below, order)


@compiled
def sort_by_bound(
    postings: Postings, numbers: NDArray[np.int64], times: NDArray[np.float32]
) -> None:
    """Sort terms by insertion: a query has few, and this compiles at once."""
    for sorted_ones in range(1, len(numbers)):
        number, often = numbers[sorted_ones], times[sorted_ones]
        ours = bound(postings, number, often)
        place = sorted_ones
        while place > 0 and bound(postings, numbers[place - 1], times[place - 1]) > ours:
            numbers[place] = numbers[place - 1]
            times[place] = times[place - 1]
            place -= 1
        numbers[place] = number
        times[place] = often


@compiled
def first_essential(below: NDArray[np.float64], first: int, threshold: float) -> int:
    """Return the first term whose bound, with those of all before it, reaches the threshold."""
    while first < len(below) - 1 and below[first + 1] < threshold:
        first += 1
    return first


@compiled
def next_row(terms: Terms, rows: NDArray[np.int32], essential: int) -> int:
    """Return the next document with an essential term; `NOWHERE`: there is none."""
    row = NOWHERE
    for term in range(essential, len(terms.end)):
        if terms.next[term] < terms.end[term]:
            row = min(row, rows[terms.next[term]])
    return row


@compiled
def gather(postings: Postings, terms: Terms, essential: int, window: Window) -> int:
    """Add the essential terms of a window up, and return how many documents have one."""
    count = 0
    for term in range(essential, len(terms.end)):
        place, end, times = terms.next[term], terms.end[term], terms.times[term]
        terms.begin[term] = place
        while place < end and postings.rows[place] < window.base + WINDOW:
            offset = postings.rows[place] - window.base
            if window.sums[offset] == 0:
                window.candidates[count] = offset
                count += 1
            window.sums[offset] += postings.impacts[place] * times
            place += 1
        terms.next[term] = place
    return count


@compiled
def thin_out(window: Window, count: int, least: float) -> int:
    """Drop the candidates whose sum is below `least`, and return how many are left."""
    kept = 0
    for place in range(count):
        offset = window.candidates[place]
        if window.sums[offset] < least:
            window.sums[offset] = 0
        else:
            window.candidates[kept] = offset
            kept += 1
    return kept


@compiled
def read_on(postings: Postings, terms: Terms, term: int, window: Window) -> None:
    """Add a term to the candidates by reading all of its postings in the window."""
    place = terms.begin[term]
    while place < terms.end[term] and postings.rows[place] < window.base + WINDOW:
        offset = postings.rows[place] - window.base
        if window.sums[offset] > 0:
            window.sums[offset] += postings.impacts[place] * terms.times[term]
        place += 1
    terms.next[term] = place


@compiled
def look_up(postings: Postings, terms: Terms, term: int, window: Window, count: int) -> None:
    """Add a term to the candidates, which ascend, by looking each of them up."""
    place, end = terms.begin[term], terms.end[term]
    for candidate in range(count):
        offset = window.candidates[candidate]
        place = first_from(postings.rows, place, end, window.base + offset)
        if place < end and postings.rows[place] == window.base + offset:
            window.sums[offset] += postings.impacts[place] * terms.times[term]
            place += 1
    terms.next[term] = place


@compiled
def sort_rows(rows: NDArray[np.int32]) -> None:
    """Sort by insertion: the rows are few, and come as ascending runs, one of each term."""
    for sorted_ones in range(1, len(rows)):
        row = rows[sorted_ones]
        place = sorted_ones
        while place > 0 and rows[place - 1] > row:
            rows[place] = rows[place - 1]
            place -= 1
        rows[place] = row


@compiled
def complete(
    postings: Postings, terms: Terms, essential: int, window: Window, threshold: float
) -> int:
    """Sum up the scores of those that can reach the threshold, and return how many they are."""
    count = gather(postings, terms, essential, window)
    count = thin_out(window, count, threshold - terms.below[essential])
    ascend = False
    for term in range(essential - 1, -1, -1):
        if count == 0:
            break
        place = first_from(postings.rows, terms.next[term], terms.end[term], window.base)
        terms.begin[term] = place
        expected = (terms.end[term] - place) * (WINDOW / (postings.documents - window.base))
        if LOOK_UP * count > expected:
            read_on(postings, terms, term, window)
        else:
            if not ascend:
                sort_rows(window.candidates[:count])
                ascend = True
            look_up(postings, terms, term, window, count)
        count = thin_out(window, count, threshold - terms.below[term])
    return count


@compiled
def exact_score(postings: Postings, terms: Terms, row: int) -> np.float32:
    """Return the score of a document of the window, summed in the order of the query.

    That is the order of bm25s, whose sums round in the same way.
    """
    total = np.float32(0)
    for term in terms.order:
        place = first_from(postings.rows, terms.begin[term], terms.next[term], row)
        if place < terms.next[term] and postings.rows[place] == row:
            total += postings.impacts[place]
    return total


@compiled
def search_one(postings: Postings, terms: Terms, floor: float, window: Window, best: Heap) -> int:
    """Collect the best documents of a query, and return how many there are.

    `floor` is a score that the k-th best document is known to reach.
    """
    # sums in another order differ by their rounding
    slack = ROUNDING * (len(terms.order) + 1) * terms.below[-1]
    threshold = floor - slack
    essential = first_essential(terms.below, 0, threshold)
    size = 0
    while essential < len(terms.end):
        base = next_row(terms, postings.rows, essential)
        if base == NOWHERE:
            break
        here = Window(base, window.sums, window.candidates)
        for place in range(complete(postings, terms, essential, here, threshold)):
            offset = window.candidates[place]
            if window.sums[offset] >= threshold:
                row = base + offset
                size = offer(best, size, exact_score(postings, terms, row), row)
                if size == len(best.scores):
                    threshold = max(threshold, best.scores[0] - slack)
            window.sums[offset] = 0
        essential = first_essential(terms.below, essential, threshold)
    return size


@compiled
def search_some(
    queries: TermNumbers,
    postings: Postings,
    rows: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> None:
    """Fill in the best documents of some queries.

    Args:
        queries: Q of them.
        postings: the index.
        rows: int64 [Q, k], to be filled in, of -1.
        scores: float32 [Q, k], to be filled in, of minus infinity.
    """
    k = rows.shape[1]
    window = Window(0, np.zeros(WINDOW, np.float32), np.empty(WINDOW, np.int32))
    best = Heap(np.empty(k, np.float32), np.empty(k, np.int64))
    for query in range(len(queries.offsets) - 1):
        numbers = queries.numbers[queries.offsets[query] : queries.offsets[query + 1]]
        floor = 0.0
        for number in numbers:
            floor = max(floor, postings.known[number])
        size = search_one(postings, terms_of(numbers, postings), floor, window, best)
        for place in range(size - 1, -1, -1):
            rows[query, place] = best.rows[0]
            scores[query, place] = best.scores[0]
            sink(best, place, best.scores[place], best.rows[place])
