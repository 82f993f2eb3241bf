"""A test collection: documents, and judged queries in three splits."""

from dataclasses import dataclass, field

from data.collections.records import Qrels, Split
from data.storage.cache import Cache
from data.storage.text_store import TextStore


@dataclass(frozen=True)
class Collection:
    """Documents and clean judgements of a collection, checked.

    Grades: in `train` they are shifted so that 1 or more is positive (published grade - relevance +
    1). `validation` and `test` keep the published grades, because measures name their own threshold
    (`RR(rel=3)`) and scores are to be compared with published ones.

    Attributes:
        name: short name, for tables and paths.
        documents: the documents; rows of runs and batches refer to this store.
        train: the clean training judgements. Noise is applied to a copy.
        validation: chooses checkpoints.
        test: used once, at the end.
        fingerprint: hash over documents, queries and judgements of all splits (hex).
        documents_fingerprint: hash over the documents alone (hex).
        cache: where files derived from the collection live.
        relevance: lowest published grade that counts as positive.
        spared: positive training judgements that a smaller number of training pairs left out, with
            `train`'s grades.
        bm25_language: how BM25 tells words apart (`data.runs.analyzer`).
        bm25_engine: what ranks by BM25 (`data.bm25.engines`); every engine gives the same run.
        skip_same_id: whether queries are documents too, so that a document with the id of a query
            is no answer to it.
    """

    name: str
    documents: TextStore
    train: Split
    validation: Split
    test: Split
    fingerprint: str
    documents_fingerprint: str
    cache: Cache
    relevance: int = 1
    spared: Qrels = field(default_factory=dict)
    bm25_language: str = "english"
    bm25_engine: str = "auto"
    skip_same_id: bool = False

    def known_positives(self, query_id: str) -> frozenset[str]:
        """Return the ids of the documents that any split judges positive for a query.

        An unknown query has none.
        """
        judged = (
            (self.train.qrels, 1),
            (self.spared, 1),
            (self.validation.qrels, self.relevance),
            (self.test.qrels, self.relevance),
        )
        return frozenset(
            doc_id
            for qrels, threshold in judged
            for doc_id in _positives(qrels, query_id, threshold)
        )


def _positives(qrels: Qrels, query_id: str, threshold: int) -> list[str]:
    return [doc_id for doc_id, grade in qrels.get(query_id, {}).items() if grade >= threshold]
