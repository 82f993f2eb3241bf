"""Noise that corrupts the training positives one by one, in the order of the selection."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from data.collections.collection import Collection
from data.storage.cache import JsonValue
from noise.audit.row import AuditRow
from noise.model import NoiseModel, Recipe, Scorer, Work
from noise.selection.order import Pair, count, in_order, positives, until
from noise.selection.substitution import Done


class Process(NamedTuple):
    """A pair noise prepared for one collection.

    Attributes:
        outcomes: yields one row per pair, in order and only as far as needed; it reads and extends
            the record of what was done.
        scorer: measures the similarities.
    """

    outcomes: Callable[[Iterable[Pair], Done], Iterator[AuditRow]]
    scorer: Scorer = Scorer()


class PairNoise(NoiseModel):
    """Corrupts floor(ratio x N + 1/2) of the N training positives; abstract.

    Attributes:
        emptied: what happens to queries that lose every positive: `keep` their negatives in the
            training judgements, or `drop` them.
    """

    emptied: str = "keep"

    @abstractmethod
    def parameters(self) -> Mapping[str, JsonValue]:
        """Return every parameter but ratio, seed and encoder that decides the rows."""

    @abstractmethod
    def process(self, collection: Collection) -> Process:
        """Return the noise, prepared for a collection."""

    def recipe(self, collection: Collection) -> Recipe:
        """Return the walk along the positives until enough of them are corrupted."""
        judgements = positives(collection.train.qrels)
        wanted = count(self.ratio or 0.0, len(judgements))

        def work() -> Work:
            if not wanted:  # before an encoder is fitted for nothing
                return Work(tuple)
            process = self.process(collection)
            return Work(
                lambda: until(
                    process.outcomes(in_order(judgements, self.seed), Done.nothing()),
                    wanted,
                    self.name,
                    self.ratio,
                ),
                process.scorer,
            )

        return Recipe(
            collection.train.qrels, len(judgements), self.parameters(), work, self.emptied
        )
