"""A pool of documents to compare epochs on; the final test uses the whole collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data import bm25_run
from data.runs.ranked_lists import NO_DOCUMENT, Run
from errors import InputError
from keyed_random import keyed_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from data import Collection, Qrels, TextInputs
    from data.tokenizers.tokens import Tokens

FIRST_STAGE_DEPTH = 100
"""Documents of each validation query that BM25 offers."""

SAMPLE = 20261126
"""Key of the sample: the same for every cell, so that all validate on the same documents."""


class Pool(NamedTuple):
    """n documents of a collection.

    Attributes:
        rows: their rows, ascending [n].
        judged: how many of them are judged for a validation query.
        first_stage: how many BM25 ranks high for one.
        sampled: how many are a random sample of the others.
    """

    rows: NDArray[np.int64]
    judged: int
    first_stage: int
    sampled: int

    def facts(self) -> dict[str, int]:
        """Return the counts, for scores.json."""
        return {"documents": len(self.rows)} | {
            name: getattr(self, name) for name in self._fields[1:]
        }

    def in_collection(self, run: Run) -> Run:
        """Return a run of the pool with the documents' rows in the collection."""
        rows = np.where(run.rows == NO_DOCUMENT, NO_DOCUMENT, self.rows[run.rows])
        return Run(run.query_ids, rows, run.scores)


def choose_pool(collection: Collection, qrels: Qrels, size: int | None) -> Pool | None:
    """Choose the documents to validate on.

    All documents that are judged for the validation queries belong to the pool. Half of the room
    that they leave is for the first documents that BM25 ranks for these queries, rank by rank; the
    rest is a sample with a fixed key.

    Args:
        collection: the collection.
        qrels: the judgements that validation is scored against.
        size: documents of the pool; None: all.

    Returns:
        The pool; None for the whole collection.

    Raises:
        InputError: the judged documents are more than `size`.
    """
    total = len(collection.documents)
    if size is None or size >= total:
        return None
    judged = _judged(collection, qrels)
    if len(judged) > size:
        raise InputError(
            f"validation.pool={size}: {len(judged)} documents are judged for the validation "
            f"queries, and a pool must hold them all. Raise it to more than {len(judged)}, lower "
            "dataset.validation_queries, or set validation.pool=null"
        )
    ranked = _ranked(collection)
    best = ranked[~np.isin(ranked, judged)][: (size - len(judged)) // 2]
    chosen = np.concatenate([judged, best])
    others = keyed_order(total, SAMPLE)
    sample = others[~np.isin(others, chosen)][: size - len(chosen)]
    rows = np.sort(np.concatenate([chosen, sample]))
    return Pool(rows, len(judged), len(best), len(sample))


def _judged(collection: Collection, qrels: Qrels) -> NDArray[np.int64]:
    doc_ids = {doc_id for judged in qrels.values() for doc_id in judged}
    return np.array(sorted(map(collection.documents.row, doc_ids)), dtype=np.int64)


def _ranked(collection: Collection) -> NDArray[np.int64]:
    """Return BM25's documents for the validation queries without repetition, by rank."""
    run = bm25_run(collection, collection.validation.queries, FIRST_STAGE_DEPTH)
    by_rank = run.rows.T.ravel()
    found, first_seen = np.unique(by_rank, return_index=True)
    order = np.argsort(first_seen)
    ranked = found[order]
    listed: NDArray[np.int64] = ranked[ranked != NO_DOCUMENT]
    return listed


class PoolInputs:
    """The inputs of the documents of a pool, in its order.

    Args:
        inputs: those of the whole collection.
        rows: the pool's rows [n].
    """

    def __init__(self, inputs: TextInputs, rows: NDArray[np.int64]) -> None:
        self._inputs, self._rows = inputs, rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each text [n]."""
        lengths: NDArray[np.int64] = self._inputs.lengths[self._rows]
        return lengths

    def tokens(self, rows: Sequence[int] | NDArray[np.int64]) -> Tokens:
        """Return the inputs of the texts at `rows` of the pool [m], in that order."""
        return self._inputs.tokens(self._rows[np.asarray(rows, dtype=np.int64)])
