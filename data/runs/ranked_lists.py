"""Ranked lists.

A run is the output of a first stage or a retriever: for every query its documents, best first. The
order is total (descending score, then ascending document row), so that all readers of a run agree
on every rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from data.storage.ragged import Ragged, offsets_of
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from data.storage.text_store import TextStore

NO_DOCUMENT = -1


@dataclass(frozen=True, slots=True)
class Run:
    """Ranked lists of documents, one per query.

    Attributes:
        query_ids: the queries, one per row [Q].
        rows: document rows, best first; -1 where the list has ended [Q, k].
        scores: scores that never rise along a row; -inf where the list has ended [Q, k]. In double
            precision where they come from a file, so that only what is equal there is a tie.
    """

    query_ids: list[str]
    rows: NDArray[np.int64]
    scores: NDArray[np.floating]

    def __post_init__(self) -> None:
        lists = (len(self.query_ids), self.depth)
        if self.rows.shape != lists or self.scores.shape != lists:
            raise ValueError(
                f"rows {self.rows.shape} and scores {self.scores.shape} of {len(self.query_ids)} "
                "queries must both be [Q, k]"
            )

    @property
    def depth(self) -> int:
        """Number of ranks k."""
        depth: int = self.rows.shape[-1]
        return depth


def document_names(rows: NDArray[np.int64], doc_id: Callable[[int], str]) -> dict[int, str]:
    """Return the id of every document row in `rows` [Q, k], looking up each row only once."""
    return {row: doc_id(row) for row in np.unique(rows).tolist() if row != NO_DOCUMENT}


def ranked_run(lists: dict[str, list[tuple[float, int]]]) -> Run:
    """Return the run of (score, document row) pairs in any order, for each query.

    Scores are compared in double precision: in single precision 999,999,999 and 1,000,000,000 tie.

    Args:
        lists: query_id -> its documents; lists may differ in length and be empty.
    """
    offsets = offsets_of(np.array([len(listed) for listed in lists.values()], np.int64))
    pairs = list(chain.from_iterable(lists.values()))
    rows = np.array([row for _, row in pairs], np.int64)
    scores = np.array([score for score, _ in pairs], np.float64)
    return ranked_lists(list(lists), Ragged(rows, offsets), Ragged(scores, offsets))


def ranked_lists(query_ids: list[str], rows: Ragged, scores: Ragged) -> Run:
    """Return the run of Q lists in any order.

    Args:
        query_ids: the queries.
        rows: the documents of each.
        scores: their scores, in double precision.
    """
    shape = (len(query_ids), int(rows.lengths.max(initial=0)))
    run = Run(query_ids, np.full(shape, NO_DOCUMENT, np.int64), np.full(shape, -np.inf))
    for place, (begin, end) in enumerate(pairwise(rows.offsets.tolist())):
        order = begin + np.lexsort((rows.values[begin:end], -scores.values[begin:end]))
        run.rows[place, : end - begin] = rows.values[order]
        run.scores[place, : end - begin] = scores.values[order]
    return run


def below(run: Run, first: int) -> Run:
    """Return the run without its first ranks, which hold many unjudged relevant documents.

    Args:
        run: the ranked lists [Q, k].
        first: ranks left out, 0 or more.

    Raises:
        InputError: if nothing would remain.
    """
    if not 0 <= first < run.depth:
        raise InputError(
            f"negatives.skip={first}: must be 0 or more and less than the {run.depth} ranks that "
            "are mined."
        )
    return Run(run.query_ids, run.rows[:, first:], run.scores[:, first:])


def first(run: Run, depth: int) -> Run:
    """Return the first ranks of a run."""
    return Run(run.query_ids, run.rows[:, :depth], run.scores[:, :depth])


def without_self(run: Run, documents: TextStore) -> Run:
    """Return the run without documents whose id is the query's own.

    BEIR scores so, because in some of its collections (ArguAna, Quora) queries are documents too
    (Thakur et al., NeurIPS 2021 datasets track).
    """
    own = [
        documents.row(query_id) if query_id in documents else NO_DOCUMENT
        for query_id in run.query_ids
    ]
    dropped = (run.rows == np.array(own, dtype=np.int64)[:, None]) & (run.rows != NO_DOCUMENT)
    # dropped ones go last, all others keep their order
    order = np.argsort(dropped, axis=1, kind="stable")
    rows = np.take_along_axis(np.where(dropped, NO_DOCUMENT, run.rows), order, axis=1)
    scores = np.take_along_axis(np.where(dropped, -np.inf, run.scores), order, axis=1)
    return Run(run.query_ids, rows, scores)
