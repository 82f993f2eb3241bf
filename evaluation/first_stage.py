"""The candidates of a re-ranker: from BM25 or any run file, such as a cell's run.trec.gz."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import checks
from data import bm25_run
from data.runs.ranked_lists import NO_DOCUMENT, Run, first, without_self
from data.runs.trec import read_trec
from errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evaluation.search_method import Corpus, Queries

SHOWN = 3


class FirstStage:
    """Gives each query its candidates.

    Args:
        path: a TREC run file that covers the queries of every split to retrieve for; None: BM25.
        candidates: documents per query, k.

    Raises:
        InputError: if `candidates` is less than 1.
    """

    def __init__(self, path: str | None, candidates: int) -> None:
        self.path = path
        self.candidates = checks.integer("model.candidates", candidates, 1)
        self._file: Run | None = None

    @property
    def name(self) -> str:
        """Source of the candidates."""
        return "BM25" if self.path is None else self.path

    def run(self, queries: Queries, corpus: Corpus) -> Run:
        """Return the first k documents of each query.

        Raises:
            InputError: if the file cannot be read, names unknown or repeated documents, holds
                scores that are not finite, leaves queries out, or has fewer candidates for every
                query.
        """
        if self.path is None:
            return bm25_run(corpus.collection, queries.texts, self.candidates)
        if self._file is None:
            self._file = read_trec(Path(self.path), corpus.collection.documents)
        collection = corpus.collection
        least = min(self.candidates, len(collection.documents))
        run = self._aligned(self._file, list(queries.texts), least=least)
        if collection.skip_same_id:
            run = without_self(run, collection.documents)
        return first(run, self.candidates)

    def _aligned(self, run: Run, query_ids: list[str], *, least: int) -> Run:
        place = {query_id: row for row, query_id in enumerate(run.query_ids)}
        absent = [query_id for query_id in query_ids if query_id not in place]
        if absent:
            raise InputError(
                f"model.first_stage={self.path}: it lacks {len(absent)} of "
                f"{len(query_ids)} queries ({', '.join(absent[:SHOWN])}): give one file with the "
                "validation and test queries (and, with negatives.refresh_every, the training "
                "queries), or null for BM25."
            )
        if run.depth < least:
            raise InputError(
                f"model.candidates={self.candidates}: {self.path} lists {run.depth} documents a "
                f"query at most; lower it to {run.depth}."
            )
        rows = [place[query_id] for query_id in query_ids]
        return Run(query_ids, run.rows[rows], run.scores[rows])


def reordered(run: Run, scores: NDArray[np.float32], depth: int) -> Run:
    """Return a run's documents by other scores [Q, k], the first `depth` of them.

    Raises:
        InputError: if a score is not finite.
    """
    listed = run.rows != NO_DOCUMENT
    if not np.isfinite(scores[listed]).all():
        raise InputError(
            "a score of the re-ranking is not finite: training has probably diverged; lower "
            "optimizer.lr."
        )
    ranked = np.where(listed, scores, np.float32(-np.inf))
    # rows only decide between equal scores
    order = np.lexsort((run.rows, -ranked), axis=1)[:, :depth]
    return Run(
        run.query_ids, np.take_along_axis(run.rows, order, 1), np.take_along_axis(ranked, order, 1)
    )
