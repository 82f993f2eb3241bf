"""Lexical substitution: the wrong document shares words with the query.

It needs no encoder, so it shows whether a conclusion depends on the encoder of the semantic noise.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

import checks
from data.collections.collection import Collection
from data.runs.analyzer import ENGLISH
from data.storage.cache import JsonValue
from noise.audit.row import AuditRow
from noise.model import Scorer
from noise.selection.document_order import DocumentOrder
from noise.selection.order import Pair
from noise.selection.pair_noise import PairNoise, Process
from noise.selection.relevant import Relevant
from noise.selection.substitution import MODES, Done, Lottery, Substitution, WrongDocuments

SIMILARITY = "BM25 / best BM25 of the query"


class LexicalSubstitution(PairNoise):
    """Gives the label of each corrupted pair (q, d+) to a document that BM25 ranks high for q.

    d' ~ softmax(s(q, d') / T) over the best K documents that are neither known positives of q nor
    copies of one. s is BM25 divided by the query's best BM25 score, so that T has the same meaning
    for short and long queries.

    Args:
        ratio: share of the training positives to corrupt, in [0, 1).
        seed: of the keyed hashes.
        mode: `swap` (d+ becomes a judged negative) or `replace` (d+ leaves the judgements).
        K: size of the pool to draw from, at least 1.
        T: temperature of the draw, above 0.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "lexical"
    version = "lexical-1"

    def __init__(
        self,
        *,
        ratio: float,
        seed: int,
        mode: str = "swap",
        K: int = 100,  # noqa: N803 - the name in the definition
        T: float = 0.05,  # noqa: N803 - the name in the definition
        audit: str | None = None,
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.mode = checks.choice("noise.mode", mode, MODES)
        self.pool = checks.integer("noise.K", K, 1)
        self.temperature = checks.real(
            "noise.T", T, "a number above 0", 0.0, float("inf"), open_low=True, open_high=True
        )

    def parameters(self) -> Mapping[str, JsonValue]:
        """Return mode, K and T."""
        return {"mode": self.mode, "K": self.pool, "T": self.temperature}

    def process(self, collection: Collection) -> Process:
        """Return the substitution by BM25 neighbours in a collection."""

        def outcomes(pairs: Iterable[Pair], done: Done) -> Iterator[AuditRow]:
            order = DocumentOrder(collection)
            ranking = Bm25Candidates(collection, order, self.pool)
            substitution = Substitution(self.name, self.mode, self.version)
            lottery = Lottery(self.version, self.seed, self.pool, self.temperature)
            for pair in pairs:
                choice = lottery.choice(
                    pair, ranking.candidates(pair), done.inserted[pair.query_id], order
                )
                yield substitution.row(collection, pair, choice, done)

        return Process(outcomes, Scorer("bm25", _analysis(collection), SIMILARITY))


class Bm25Candidates:
    """Wrong documents that BM25 finds for the training queries.

    Args:
        collection: the collection.
        order: its documents by id.
        pool: number K of candidates to draw from.
    """

    def __init__(self, collection: Collection, order: DocumentOrder, pool: int) -> None:
        # here: the configuration of a noise model does not need it
        from data.runs.bm25 import (
            bm25_run,
        )

        self._order = order
        self._relevant = Relevant(collection, order)
        most = max(
            len(self._relevant.known(query_id).positions) for query_id in collection.train.queries
        )
        self._run = bm25_run(
            collection, dict(sorted(collection.train.queries.items())), pool + most
        )
        self._place = {query_id: place for place, query_id in enumerate(self._run.query_ids)}

    def candidates(self, pair: Pair) -> WrongDocuments:
        """Return the wrong documents that share a word with the query, best first, then by id."""
        place = self._place[pair.query_id]
        found = self._run.rows[place] >= 0
        positions = self._order.positions(self._run.rows[place][found])
        scores = self._run.scores[place][found].astype(np.float64)
        scores /= scores.max(initial=1e-9)
        ranked = np.lexsort((positions, -scores))
        kept = ranked[self._relevant.wrong(pair.query_id, positions[ranked])]
        return WrongDocuments(positions[kept], scores[kept], scores[kept], None)


def _analysis(collection: Collection) -> str:
    """Return how the collection departs from BM25's defaults; empty where it does not."""
    language = "" if collection.bm25_language == ENGLISH else collection.bm25_language
    return f"{language} without the query's own" if collection.skip_same_id else language
