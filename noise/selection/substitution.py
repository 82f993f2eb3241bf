"""False positives: a relevant document loses its label to a wrong one."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.collections.collection import Collection
from keyed_random import keyed_uniforms
from noise.audit.row import AuditRow
from noise.selection.document_order import DocumentOrder
from noise.selection.order import Pair, skip

MODES = {"swap", "replace"}
"""swap: the removed document becomes a judged negative; replace: it disappears."""


class Done(NamedTuple):
    """The changes so far in a walk along the pairs, which later pairs of a query must respect.

    Attributes:
        inserted: query_id -> inserted documents, which no other pair of the query may receive.
        lost: query_id -> number of positives removed without replacement.
    """

    inserted: defaultdict[str, set[str]]
    lost: Counter[str]

    @classmethod
    def nothing(cls) -> "Done":
        """Return the state at the beginning of a walk."""
        return cls(defaultdict(set), Counter())


class WrongDocuments(NamedTuple):
    """Wrong documents for one pair, best first.

    Attributes:
        positions: in the document order [C].
        scores: what the draw goes by [C].
        similarity_query: [C], or None where nothing is measured.
        similarity_removed: [C], or None likewise.
    """

    positions: NDArray[np.int64]
    scores: NDArray[np.float64]
    similarity_query: NDArray[np.float64] | None
    similarity_removed: NDArray[np.float64] | None


class Choice(NamedTuple):
    """The document drawn for a pair."""

    doc_id: str
    rank: int | None = None
    similarity_query: float | None = None
    similarity_removed: float | None = None


class Substitution(NamedTuple):
    """The change of labels of a pair.

    Attributes:
        kind: the noise, for the audit.
        mode: `swap` or `replace`.
        version: version of the algorithm.
    """

    kind: str
    mode: str
    version: str

    def row(
        self, collection: Collection, pair: Pair, choice: Choice | None, done: Done
    ) -> AuditRow:
        """Return the row that gives the label of `pair` to `choice`; without choice, a skip.

        No other pair may receive the same document.
        """
        if choice is None:
            return skip(pair, "no candidate", self.version)
        done.inserted[pair.query_id].add(choice.doc_id)
        return AuditRow(
            query_id=pair.query_id,
            kind=self.kind,
            removed=pair.doc_id,
            removed_from=pair.grade,
            removed_to=0 if self.mode == "swap" else None,
            inserted=choice.doc_id,
            inserted_from=collection.train.qrels[pair.query_id].get(choice.doc_id),
            inserted_to=pair.grade,
            rank=choice.rank,
            similarity_query=choice.similarity_query,
            similarity_removed=choice.similarity_removed,
            draw=pair.draw,
            mode=self.mode,
            version=self.version,
        )


class Lottery(NamedTuple):
    """Draws one of the best `pool` free candidates, by softmax(score / temperature).

    d' = argmax_d score_d / T - log(-log u_d), the Gumbel-max trick, where
    u_d = keyed_uniform("pick", query, removed, d).

    Attributes:
        version: version of the algorithm.
        seed: the noise seed.
        pool: number K of candidates to draw from.
        temperature: temperature T of the draw.
    """

    version: str
    seed: int
    pool: int
    temperature: float

    def choice(
        self, pair: Pair, candidates: WrongDocuments, taken: set[str], order: DocumentOrder
    ) -> Choice | None:
        """Return the drawn document, or None if no candidate is free."""
        ids = order.doc_ids(candidates.positions[: self.pool + len(taken)])
        free = [place for place, doc_id in enumerate(ids) if doc_id not in taken][: self.pool]
        if not free:
            return None
        draws = keyed_uniforms(
            self.version,
            self.seed,
            "pick",
            (pair.query_id, pair.doc_id),
            [ids[place] for place in free],
        )
        keys = [
            candidates.scores[place] / self.temperature - math.log(-math.log(draw))
            for place, draw in zip(free, draws, strict=True)
        ]
        best = max(range(len(free)), key=lambda rank: (keys[rank], -rank))
        place = free[best]
        return Choice(
            ids[place],
            best + 1,
            _at(candidates.similarity_query, place),
            _at(candidates.similarity_removed, place),
        )


def _at(values: Sequence[float] | NDArray[np.float64] | None, place: int) -> float | None:
    return None if values is None else float(values[place])
