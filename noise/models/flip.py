"""Pointwise flips: labels of judged positives and negatives toggle, at one exact rate."""

from collections.abc import Iterable, Iterator

import numpy as np

import checks
from data.collections.collection import Collection
from errors import InputError
from noise.audit.apply_rows import EMPTIED
from noise.audit.row import AuditRow
from noise.model import NoiseModel, Recipe, Work
from noise.selection.document_order import DocumentOrder
from noise.selection.order import (
    Pair,
    Relabelling,
    count,
    in_order,
    negatives,
    positives,
    skip,
    until,
)
from noise.selection.relevant import Relevant


class Flip(NoiseModel):
    """Toggles floor(ratio x N_c + 1/2) of the N_c labels of each class c: grades >= 1 and 0.

    Drawing within each class keeps their balance; a share of all labels would fall almost entirely
    on the more frequent class.

    Args:
        ratio: share of each class to flip, in [0, 1).
        seed: of the keyed hashes.
        emptied: what becomes of a query that loses every positive: `keep` it with its negatives
            alone, or `drop` it.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "flip"
    version = "flip-1"

    def __init__(
        self, *, ratio: float, seed: int, emptied: str = "keep", audit: str | None = None
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.emptied = checks.choice("noise.emptied", emptied, EMPTIED)

    def recipe(self, collection: Collection) -> Recipe:
        """Return the walks along the two classes.

        Raises:
            InputError: nothing is judged not relevant.
        """
        qrels = collection.train.qrels
        good, bad = positives(qrels), negatives(qrels)
        if not bad:
            raise InputError(
                "noise=flip needs judged negatives, and the training judgements of "
                f"{collection.name} have none. Use noise=false_negative to lose positives, or "
                "noise=uniform to gain wrong ones"
            )
        ratio = self.ratio or 0.0
        relabelling = Relabelling(self.name, self.version)

        def rows() -> Iterator[AuditRow]:
            lost = (
                relabelling.row(pair, pair.grade, 0, "positive")
                for pair in in_order(good, self.seed)
            )
            yield from until(lost, count(ratio, len(good)), self.name, self.ratio)
            yield from until(
                self._gained(collection, in_order(bad, self.seed)),
                count(ratio, len(bad)),
                self.name,
                self.ratio,
            )

        notes = {"positives": len(good), "negatives": len(bad)}
        return Recipe(
            qrels,
            len(good) + len(bad),
            {"emptied": self.emptied},
            lambda: Work(rows),
            self.emptied,
            notes,
        )

    def _gained(self, collection: Collection, pairs: Iterable[Pair]) -> Iterator[AuditRow]:
        order = DocumentOrder(collection)
        relevant = Relevant(collection, order)
        for pair in pairs:
            if relevant.wrong(pair.query_id, np.array([order.position(pair.doc_id)]))[0]:
                yield Relabelling(self.name, self.version).row(pair, pair.grade, 1, "negative")
            else:
                yield skip(pair, "known positive", self.version)
