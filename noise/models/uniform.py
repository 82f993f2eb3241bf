"""Random substitution of a relevant document: the mildest false positive."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

import checks
from data.collections.collection import Collection
from data.storage.cache import JsonValue
from keyed_random import keyed_uniform, keyed_uniforms
from noise.audit.row import AuditRow
from noise.selection.document_order import DocumentOrder
from noise.selection.order import Pair
from noise.selection.pair_noise import PairNoise, Process
from noise.selection.relevant import Relevant
from noise.selection.substitution import MODES, Choice, Done, Substitution

ATTEMPTS = tuple(str(attempt) for attempt in range(16))


class UniformSubstitution(PairNoise):
    """Gives the label of each corrupted pair (q, d+) to a random document that is wrong for q.

    Args:
        ratio: share of the training positives to corrupt, in [0, 1).
        seed: of the keyed hashes.
        mode: `swap` (d+ becomes a judged negative) or `replace` (d+ leaves the judgements).
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "uniform"
    version = "uniform-1"

    def __init__(
        self, *, ratio: float, seed: int, mode: str = "swap", audit: str | None = None
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.mode = checks.choice("noise.mode", mode, MODES)

    def parameters(self) -> Mapping[str, JsonValue]:
        """Return the mode."""
        return {"mode": self.mode}

    def process(self, collection: Collection) -> Process:
        """Return the random substitution in a collection."""

        def outcomes(pairs: Iterable[Pair], done: Done) -> Iterator[AuditRow]:
            order = DocumentOrder(collection)
            relevant = Relevant(collection, order)
            substitution = Substitution(self.name, self.mode, self.version)
            for pair in pairs:
                doc_id = self._drawn(pair, done.inserted[pair.query_id], order, relevant)
                yield substitution.row(
                    collection, pair, None if doc_id is None else Choice(doc_id), done
                )

        return Process(outcomes)

    def _drawn(
        self, pair: Pair, taken: set[str], order: DocumentOrder, relevant: Relevant
    ) -> str | None:
        """Return the first allowed document of several independent draws.

        If nearly every document is relevant, draw once from the allowed documents instead.
        """
        key = (pair.query_id, pair.doc_id)
        tries = (
            np.array(keyed_uniforms(self.version, self.seed, "pick", key, ATTEMPTS)) * len(order)
        ).astype(np.int64)
        free = _free(pair, tries, taken, order, relevant)
        if free:
            return free[0]
        free = _free(pair, np.arange(len(order)), taken, order, relevant)
        return (
            free[int(keyed_uniform(self.version, self.seed, "rest", *key) * len(free))]
            if free
            else None
        )


def _free(
    pair: Pair,
    positions: "np.typing.NDArray[np.int64]",
    taken: set[str],
    order: DocumentOrder,
    relevant: Relevant,
) -> list[str]:
    allowed = order.doc_ids(positions[relevant.wrong(pair.query_id, positions)])
    return [doc_id for doc_id in allowed if doc_id not in taken]
