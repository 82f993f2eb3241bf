"""Inspection of a corruption: examples, similarities, ranks, and an estimate of contamination.

The inserted documents are not known to be relevant, but some are relevant and were never judged.
The contamination estimate is the share that an independent scorer ranks above the document they
replaced; the nominal ratio is only an upper bound of the true noise.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

import checks
from data.collections.collection import Collection
from keyed_random import keyed_uniform
from noise.audit.audit import Audit
from noise.audit.row import AuditRow
from noise.encoders.embeddings import EncoderRecipe, SimilarityEncoder, Vectors, batches
from noise.model import Corruption
from terminal import track

if TYPE_CHECKING:
    from data.runs.ranked_lists import Run

PairScorer = Callable[[Sequence[str], Sequence[str]], Sequence[float] | NDArray[np.float32]]
"""Maps query texts and document texts to one score per pair; higher is more relevant."""

BM25_DEPTH = 1000
SAMPLED = 2000


class Similarities(NamedTuple):
    """Cosines of the substitutions by one encoder [n each].

    Attributes:
        removed_inserted: of the removed and the inserted document.
        query_removed: of the query and the removed document.
        query_inserted: of the query and the inserted document.
    """

    removed_inserted: NDArray[np.float64]
    query_removed: NDArray[np.float64]
    query_inserted: NDArray[np.float64]


class Contamination(NamedTuple):
    """Share of the substitutions in which the inserted document scores above the removed one.

    Attributes:
        scorer: who judges.
        share: the estimate, or nan without substitutions.
        pairs: number of substitutions that were judged.
    """

    scorer: str
    share: float
    pairs: int


class Example(NamedTuple):
    """One substitution in words."""

    query: str
    removed: str
    inserted: str
    rank: int | None
    similarity: float


class Inspection(NamedTuple):
    """The results of an inspection.

    Attributes:
        audit: the record.
        encoder: name of the encoder behind the similarities.
        substitutions: the measured rows of the audit that substitute one document for another.
        similarities: of these substitutions.
        ranks: of the inserted documents among their candidates [n].
        contamination: one estimate for each way of judging.
        examples: some substitutions in words.
    """

    audit: Audit
    encoder: str
    substitutions: tuple[AuditRow, ...]
    similarities: Similarities
    ranks: NDArray[np.int64]
    contamination: tuple[Contamination, ...]
    examples: tuple[Example, ...]


def inspect(
    collection: Collection,
    corruption: Corruption,
    encoder: EncoderRecipe,
    *,
    scorer: PairScorer | None = None,
    examples: int = 10,
    sample: int = SAMPLED,
) -> Inspection:
    """Look at the substitutions of a corruption.

    Args:
        collection: the collection.
        corruption: the result of a noise model.
        encoder: measures the similarities; preferably not the encoder of the noise.
        scorer: judges contamination (`noise.inspection.judge.CrossEncoderJudge`); None: BM25 and
            the encoder, and their agreement.
        examples: number of substitutions to show.
        sample: number of substitutions to measure, drawn by keyed hash.

    Returns:
        The inspection; empty if the noise substitutes nothing.

    Raises:
        InputError: examples or sample is less than 1.
    """
    checks.integer("task.examples", examples, 1)
    checks.integer("task.sample", sample, 1)
    rows = _sampled(corruption.audit, sample)
    texts = _Texts(collection, rows)
    built = encoder.build(collection)
    similarities = _similarities(texts, built)
    judged = (
        [_by_scorer(texts, scorer)]
        if scorer
        else _by_agreement(collection, rows, similarities, built.name)
    )
    ranks = np.array(
        [row.rank for row in corruption.audit.rows if row.corrupts and row.rank is not None],
        np.int64,
    )
    shown = tuple(
        Example(
            texts.queries[i],
            texts.removed[i],
            texts.inserted[i],
            rows[i].rank,
            float(similarities.removed_inserted[i]),
        )
        for i in range(min(examples, len(rows)))
    )
    return Inspection(
        corruption.audit, built.name, tuple(rows), similarities, ranks, tuple(judged), shown
    )


class _Texts:
    """The texts of the substitutions."""

    def __init__(self, collection: Collection, rows: Sequence[AuditRow]) -> None:
        documents = collection.documents
        self.queries = [collection.train.queries[row.query_id] for row in rows]
        self.removed = [documents.text(documents.row(row.removed)) for row in rows]
        self.inserted = [documents.text(documents.row(row.inserted)) for row in rows]


def _sampled(audit: Audit, sample: int) -> list[AuditRow]:
    substitutions = [row for row in audit.rows if row.corrupts and row.removed and row.inserted]
    return sorted(
        substitutions,
        key=lambda row: keyed_uniform("inspection-1", 0, "sample", row.query_id, row.removed),
    )[:sample]


def _similarities(texts: _Texts, encoder: SimilarityEncoder) -> Similarities:
    if not texts.queries:
        return Similarities(*(np.empty(0) for _ in Similarities._fields))
    query = _encoded(texts.queries, encoder.encode_queries)
    removed, inserted = (
        _encoded(column, encoder.encode_documents) for column in (texts.removed, texts.inserted)
    )
    return Similarities(
        (removed * inserted).sum(1), (query * removed).sum(1), (query * inserted).sum(1)
    )


def _encoded(texts: list[str], encode: Callable[[list[str]], Vectors]) -> NDArray[np.float64]:
    return np.vstack(
        [encode(batch) for batch in track(list(batches(texts, 256)), "Comparing")]
    ).astype(np.float64)


def _by_scorer(texts: _Texts, scorer: PairScorer) -> Contamination:
    above = np.asarray(scorer(texts.queries, texts.inserted)) > np.asarray(
        scorer(texts.queries, texts.removed)
    )
    return _estimate(getattr(scorer, "name", type(scorer).__name__), above)


def _by_agreement(
    collection: Collection, rows: Sequence[AuditRow], similarities: Similarities, encoder: str
) -> list[Contamination]:
    lexical = _above_in_bm25(collection, rows)
    semantic = similarities.query_inserted > similarities.query_removed
    return [
        _estimate("bm25", lexical),
        _estimate(encoder, semantic),
        _estimate(f"bm25 and {encoder}", lexical & semantic),
    ]


def _above_in_bm25(collection: Collection, rows: Sequence[AuditRow]) -> NDArray[np.bool_]:
    from data.runs.bm25 import bm25_run  # here: only this estimate needs it

    queries = {row.query_id: collection.train.queries[row.query_id] for row in sorted(rows)}
    if not queries:
        return np.empty(0, np.bool_)
    run = bm25_run(collection, queries, BM25_DEPTH)
    ranks = [_ranks(collection, run, place) for place in range(len(queries))]
    place = {query_id: place for place, query_id in enumerate(run.query_ids)}
    never = len(collection.documents)
    found = ((ranks[place[row.query_id]], row) for row in rows)
    return np.array(
        [rank.get(row.inserted, never) < rank.get(row.removed, never) for rank, row in found],
        np.bool_,
    )


def _ranks(collection: Collection, run: "Run", place: int) -> dict[str, int]:
    return {
        collection.documents.doc_id(row): rank
        for rank, row in enumerate(run.rows[place].tolist())
        if row >= 0
    }


def _estimate(scorer: str, above: NDArray[np.bool_]) -> Contamination:
    return Contamination(scorer, float(above.mean()) if len(above) else float("nan"), len(above))
