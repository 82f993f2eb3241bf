"""False negatives: a relevant document loses its label, as in pools that are judged in part."""

from collections.abc import Iterable, Iterator, Mapping

import checks
from data.collections.collection import Collection
from data.storage.cache import JsonValue
from noise.audit.apply_rows import EMPTIED
from noise.audit.row import AuditRow
from noise.selection.order import Pair, Relabelling, skip
from noise.selection.pair_noise import PairNoise, Process
from noise.selection.substitution import Done

MODES = {"negative", "unjudged"}


class FalseNegative(PairNoise):
    """Removes the label of each corrupted pair (q, d+).

    Args:
        ratio: share of the training positives to corrupt, in [0, 1).
        seed: of the keyed hashes.
        mode: `negative` (d+ becomes a judged negative) or `unjudged` (d+ leaves the judgements, and
            mining may find it and not filter it).
        emptied: what happens to a query that would lose its last positive. `protect`: it keeps it,
            and the next pair in the order is corrupted instead; `keep`: it stays with its negatives
            only; `drop`: it is removed from the training judgements.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "false_negative"
    version = "false_negative-1"

    def __init__(
        self,
        *,
        ratio: float,
        seed: int,
        mode: str = "negative",
        emptied: str = "keep",
        audit: str | None = None,
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.mode = checks.choice("noise.mode", mode, MODES)
        self.emptied = checks.choice("noise.emptied", emptied, EMPTIED | {"protect"})

    def parameters(self) -> Mapping[str, JsonValue]:
        """Return mode and emptied."""
        return {"mode": self.mode, "emptied": self.emptied}

    def process(self, collection: Collection) -> Process:
        """Return the loss of labels in a collection."""

        def outcomes(pairs: Iterable[Pair], done: Done) -> Iterator[AuditRow]:
            label = 0 if self.mode == "negative" else None
            relabelling = Relabelling(self.name, self.version)
            for pair in pairs:
                if self.emptied == "protect" and _positives_left(collection, pair, done) <= 1:
                    yield skip(pair, "last positive", self.version)
                else:
                    done.lost[pair.query_id] += 1
                    yield relabelling.row(pair, pair.grade, label, self.mode)

        return Process(outcomes)


def _positives_left(collection: Collection, pair: Pair, done: Done) -> int:
    return (
        sum(grade >= 1 for grade in collection.train.qrels[pair.query_id].values())
        - done.lost[pair.query_id]
    )
