"""The possible negatives of a query: judged ones first, then high ranks of a first stage.

A document never becomes a negative of a query whose noisy positives hold it or another copy of its
text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data.storage.ragged import Ragged, offsets_of, ragged_by_owner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.runs.ranked_lists import Run

QUERY_BLOCK = 65_536  # queries whose mined candidates are sifted at once: bounds the memory


class Pairs(NamedTuple):
    """(query, document) pairs as two columns.

    Attributes:
        query_rows: rows of the queries [N].
        document_rows: rows of the documents [N].
    """

    query_rows: NDArray[np.int64]
    document_rows: NDArray[np.int64]


class PairSet:
    """A set of (query, document) pairs, with membership tests for whole arrays.

    Args:
        pairs: the members.
        n_documents: number of documents in the collection.
    """

    def __init__(self, pairs: Pairs, n_documents: int) -> None:
        self._n_documents = n_documents
        self._keys = np.unique(self._key(pairs))

    def contains(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Return whether each pair is a member [N]."""
        keys = self._key(pairs)
        if not len(self._keys):
            return np.zeros(len(keys), dtype=np.bool_)
        found: NDArray[np.bool_] = (
            self._keys[np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)] == keys
        )
        return found

    def _key(self, pairs: Pairs) -> NDArray[np.int64]:
        return pairs.query_rows * self._n_documents + pairs.document_rows


class Pools(NamedTuple):
    """The possible negatives of each query.

    Attributes:
        documents: for each query document rows, int32: judged negatives, then mined ones by rank.
        judged: for each query the number of judged negatives at the head [Q].
        scores: score of each of `documents.values`, where limits are put on them; -inf where there
            is none, float32 [N].
    """

    documents: Ragged
    judged: NDArray[np.int64]
    scores: NDArray[np.float32] | None = None


def negative_pools(
    positives: Pairs,
    negatives: Pairs,
    mined: NDArray[np.int64] | None,
    *,
    n_queries: int,
    first_copies: NDArray[np.int64],
) -> Pools:
    """Collect judged negatives and mined candidates in a pool for each query.

    Args:
        positives: noisy positives.
        negatives: pairs that the noisy qrels judge not relevant.
        mined: for each query row candidates, best first, -1 for none [Q, depth].
        n_queries: number of queries Q.
        first_copies: see `data.first_copies` [n].
    """
    n = len(first_copies)
    forbidden = PairSet(Pairs(positives.query_rows, first_copies[positives.document_rows]), n)
    allowed = ~forbidden.contains(
        Pairs(negatives.query_rows, first_copies[negatives.document_rows])
    )
    negatives = Pairs(negatives.query_rows[allowed], negatives.document_rows[allowed])
    judged = ragged_by_owner(
        negatives.query_rows, negatives.document_rows.astype(np.int32), n_queries
    )
    if mined is None:
        return Pools(judged, judged.lengths)
    judged_set = PairSet(negatives, n)
    blocks = []
    for start in range(0, n_queries, QUERY_BLOCK):
        rows = np.arange(start, min(start + QUERY_BLOCK, n_queries))
        candidates = mined[rows]
        places, ranks = np.nonzero(candidates >= 0)
        pairs = Pairs(rows[places], candidates[places, ranks])
        unjudged = ~forbidden.contains(
            Pairs(pairs.query_rows, first_copies[pairs.document_rows])
        ) & ~judged_set.contains(pairs)
        blocks.append(_joined(judged.take(rows), places[unjudged], pairs.document_rows[unjudged]))
    values = np.concatenate([block.values for block in blocks])
    return Pools(
        Ragged(values, offsets_of(np.concatenate([block.lengths for block in blocks]))),
        judged.lengths,
    )


def aligned_candidates(mined: Run, query_ids: list[str], depth: int) -> NDArray[np.int64]:
    """Return each query's first `depth` candidates; -1 for queries not in the run [Q, depth]."""
    candidates = np.full((len(query_ids), min(depth, mined.depth)), -1, dtype=np.int64)
    place = {query_id: row for row, query_id in enumerate(mined.query_ids)}
    rows = np.fromiter(
        (place.get(query_id, -1) for query_id in query_ids), np.int64, len(query_ids)
    )
    candidates[rows >= 0] = mined.rows[rows[rows >= 0], :depth]
    return candidates


def _joined(judged: Ragged, owners: NDArray[np.int64], documents: NDArray[np.int64]) -> Ragged:
    values = np.concatenate([judged.values, documents.astype(np.int32)])
    return ragged_by_owner(np.concatenate([judged.owners, owners]), values, len(judged.offsets) - 1)
