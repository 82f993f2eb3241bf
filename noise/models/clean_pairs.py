"""The ceiling of ignoring noise: training without all pairs that would be wrong."""

from collections.abc import Iterable, Iterator, Mapping

from data.collections.collection import Collection
from data.storage.cache import JsonValue
from noise.audit.row import SPARED, AuditRow
from noise.selection.order import Pair, Relabelling
from noise.selection.pair_noise import PairNoise, Process
from noise.selection.substitution import Done


class CleanPairs(PairNoise):
    """Leaves out each selected pair (q, d+): it is no example, and d+ is no negative of q either.

    The pairs are those that the other models corrupt at the same ratio and seed (up to pairs that
    they skip, which their audits list). Training on the rest is training after a perfect filter:
    the ceiling of losses that ignore wrong labels without correcting them.

    Args:
        ratio: share of the training positives to leave out, in [0, 1).
        seed: of the keyed hashes.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "clean_pairs"
    version = "clean_pairs-1"

    def __init__(self, *, ratio: float, seed: int, audit: str | None = None) -> None:
        super().__init__(ratio, seed, audit)

    def parameters(self) -> Mapping[str, JsonValue]:
        """Return nothing: only ratio and seed decide."""
        return {}

    def process(self, collection: Collection) -> Process:
        """Return the omission, which is the same in every collection."""
        del collection

        def outcomes(pairs: Iterable[Pair], done: Done) -> Iterator[AuditRow]:
            del done
            relabelling = Relabelling(self.name, self.version)
            return (relabelling.row(pair, pair.grade, None, SPARED) for pair in pairs)

        return Process(outcomes)
