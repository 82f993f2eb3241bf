"""Training examples, made only from the noisy training judgements.

Every (query, positive) pair of the noisy qrels is one example. The possible negatives of each query
are determined once; its noisy positives and their copies are excluded. The clean qrels are not
consulted, because they would leak the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from data.storage.ragged import Ragged, ragged_by_owner
from data.training.negatives import Pairs, Pools, aligned_candidates, negative_pools
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from data.collections.records import Qrels
    from data.runs.ranked_lists import Run
    from data.storage.text_store import TextStore


@dataclass(frozen=True, slots=True)
class TrainingExamples:
    """E (query, positive) pairs and, for each of the Q train queries, its possible negatives.

    Attributes:
        query_rows: row of the pair's query [E].
        document_rows: row of the pair's document, a noisy positive [E].
        grades: noisy grade of the pair, float32 [E].
        corrupted: diagnostics only: noise inserted the pair, bool [E].
        true_documents: diagnostics only: row of the document that the pair replaced, or -1 [E].
        positives: for each query its noisy positives and those spared, as first copies.
        pools: for each query its possible negatives.
        first_copies: for each document the first row with the same text [n].
        ceilings: highest score of a mined negative of the pair, where limits are put on them,
            float32 [E].
    """

    query_rows: NDArray[np.int64]
    document_rows: NDArray[np.int64]
    grades: NDArray[np.float32]
    corrupted: NDArray[np.bool_]
    true_documents: NDArray[np.int64]
    positives: Ragged
    pools: Pools
    first_copies: NDArray[np.int64]
    ceilings: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.query_rows)

    def within_limits(
        self, index: NDArray[np.int64], owners: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Return whether each possible negative of the examples at `index` [B] is within its limit.

        Args:
            index: the examples.
            owners: place in `index` of each possible negative, as `Ragged.take` of their queries
                lists them [N].
        """
        if self.ceilings is None or self.pools.scores is None:
            return np.ones(len(owners), dtype=np.bool_)
        pools = Ragged(self.pools.scores, self.pools.documents.offsets)
        within: NDArray[np.bool_] = (
            pools.take(self.query_rows[index]).values <= self.ceilings[index][owners]
        )
        return within

    def only(self, which: NDArray[np.bool_]) -> TrainingExamples:
        """Return the pairs that `which` [E] marks; the others stay positives of their queries."""
        return replace(
            self,
            query_rows=self.query_rows[which],
            document_rows=self.document_rows[which],
            grades=self.grades[which],
            corrupted=self.corrupted[which],
            true_documents=self.true_documents[which],
            ceilings=None if self.ceilings is None else self.ceilings[which],
        )


def build_examples(
    documents: TextStore,
    queries: Mapping[str, str],
    qrels: Qrels,
    *,
    first_copies: NDArray[np.int64],
    mined: Run | None = None,
    depth: int = 100,
    spared: Qrels | None = None,
    inserted: Mapping[tuple[str, str], str | None] | None = None,
) -> TrainingExamples:
    """Make the training examples.

    Args:
        documents: the collection's documents.
        queries: the train queries; their order gives the query rows.
        qrels: the noisy train qrels.
        first_copies: see `data.first_copies`.
        mined: a first-stage run for the training queries, used when judged negatives run out.
        depth: number of top ranks to mine from.
        spared: positives that are neither examples nor negatives (`data.ingest.subsample`).
        inserted: diagnostics only: (query_id, doc_id) of each pair that noise inserted, with the
            doc_id it replaced, if any.

    Raises:
        InputError: when no query has a positive.
    """
    judged, grades = _judgements(documents, queries, qrels)
    positive = grades > 0
    pairs, negatives = (
        Pairs(judged.query_rows[which], judged.document_rows[which])
        for which in (positive, ~positive)
    )
    if not positive.any():
        raise InputError(
            "the training split has no positive judgement to learn from. Lower noise.ratio "
            "or choose another dataset"
        )
    known = _with_spared(pairs, documents, queries, spared or {})
    candidates = None if mined is None else aligned_candidates(mined, list(queries), depth)
    corrupted, true_documents = _diagnostics(pairs, documents, queries, inserted or {})
    return TrainingExamples(
        query_rows=pairs.query_rows,
        document_rows=pairs.document_rows,
        grades=grades[positive].astype(np.float32),
        corrupted=corrupted,
        true_documents=true_documents,
        positives=ragged_by_owner(
            known.query_rows, first_copies[known.document_rows], len(queries)
        ),
        pools=negative_pools(
            known, negatives, candidates, n_queries=len(queries), first_copies=first_copies
        ),
        first_copies=first_copies,
    )


def _judgements(
    documents: TextStore, queries: Mapping[str, str], qrels: Qrels
) -> tuple[Pairs, NDArray[np.int64]]:
    """Return all judgements as columns (pairs, grades), sorted by query row, then document row."""
    triples = [
        (row, documents.row(doc_id), grade)
        for row, query_id in enumerate(queries)
        for doc_id, grade in qrels.get(query_id, {}).items()
    ]
    columns = np.array(sorted(triples), dtype=np.int64).reshape(-1, 3)
    return Pairs(columns[:, 0].copy(), columns[:, 1].copy()), columns[:, 2]


def _with_spared(
    pairs: Pairs, documents: TextStore, queries: Mapping[str, str], spared: Qrels
) -> Pairs:
    """Return the pairs and the spared ones, which are known but not trained on."""
    others, _ = _judgements(documents, queries, spared)
    return Pairs(*(np.concatenate(columns) for columns in zip(pairs, others, strict=True)))


def _diagnostics(
    pairs: Pairs,
    documents: TextStore,
    queries: Mapping[str, str],
    inserted: Mapping[tuple[str, str], str | None],
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return for each pair whether noise inserted it, and the replaced document's row or -1."""
    corrupted = np.zeros(len(pairs.query_rows), dtype=np.bool_)
    true_documents = np.full(len(pairs.query_rows), -1, dtype=np.int64)
    if inserted:
        query_row = {query_id: row for row, query_id in enumerate(queries)}
        place = {
            pair: i
            for i, pair in enumerate(
                zip(pairs.query_rows.tolist(), pairs.document_rows.tolist(), strict=True)
            )
        }
        for (query_id, doc_id), removed in inserted.items():
            i = place.get((query_row[query_id], documents.row(doc_id)), -1)
            if i >= 0:  # a later corruption may have taken the pair away again
                corrupted[i] = True
                true_documents[i] = -1 if removed is None else documents.row(removed)
    return corrupted, true_documents
