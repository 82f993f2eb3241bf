"""Several kinds of noise at once, each for its share of the corrupted pairs."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, tee

import checks
from data.collections.collection import Collection
from data.storage.cache import JsonValue
from errors import InputError
from keyed_random import keyed_uniform
from noise.audit.apply_rows import EMPTIED
from noise.audit.row import AuditRow
from noise.model import check_seed, joined
from noise.selection.order import Pair
from noise.selection.pair_noise import PairNoise, Process
from noise.selection.substitution import Done


class Mixture(PairNoise):
    """Treats each corrupted pair by one component, drawn in proportion to its weight.

    A keyed hash of the pair decides the component, so it is the same at every ratio. The total is
    exact; the share of each component is random.

    Args:
        ratio: share of the training positives to corrupt, in [0, 1).
        seed: of the keyed hashes, here and in the components.
        components: name -> noise model that treats pairs; its own ratio is not used.
        weights: name -> weight of at least 0, for the same names.
        emptied: what becomes of a query that loses every positive: `keep` it with its negatives
            alone, or `drop` it.
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: the weights do not fit the components, or a component does not treat pairs.
    """

    name = "mixture"
    version = "mixture-1"

    def __init__(
        self,
        *,
        ratio: float,
        seed: int,
        components: Mapping[str, PairNoise],
        weights: Mapping[str, float],
        emptied: str = "keep",
        audit: str | None = None,
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.components = dict(sorted(components.items()))
        self.weights = _checked(self.components, weights)
        for component_name, component in self.components.items():
            check_seed(f"noise.components.{component_name}", component.seed, self.seed)
        self.emptied = checks.choice("noise.emptied", emptied, EMPTIED)

    def parameters(self) -> Mapping[str, JsonValue]:
        """Return the weights and the parameters of the components."""
        return {
            "weights": self.weights,
            "emptied": self.emptied,
            "components": {
                name: {
                    "model": component.name,
                    "version": component.version,
                    "seed": component.seed,
                    **component.parameters(),
                }
                for name, component in self.components.items()
            },
        }

    def process(self, collection: Collection) -> Process:
        """Return the components made ready and the lot that decides between them."""
        used = [name for name, weight in self.weights.items() if weight > 0]
        processes = {name: self.components[name].process(collection) for name in used}

        def outcomes(pairs: Iterable[Pair], done: Done) -> Iterator[AuditRow]:
            order, *copies = tee(pairs, len(used) + 1)
            own = {
                name: processes[name].outcomes(self._of(name, copy), done)
                for name, copy in zip(used, copies, strict=True)
            }
            for pair in order:
                yield next(own[self._component(pair)])

        return Process(
            outcomes, joined({name: process.scorer for name, process in processes.items()})
        )

    def _of(self, name: str, pairs: Iterable[Pair]) -> Iterator[Pair]:
        return (pair for pair in pairs if self._component(pair) == name)

    def _component(self, pair: Pair) -> str:
        mark = keyed_uniform(
            self.version, self.seed, "component", pair.query_id, pair.doc_id
        ) * sum(self.weights.values())
        passed = (
            name
            for name, mass in zip(self.weights, accumulate(self.weights.values()), strict=True)
            if mass > mark
        )
        return next(passed, max(self.weights, key=self.weights.__getitem__))


def _checked(components: Mapping[str, PairNoise], weights: Mapping[str, float]) -> dict[str, float]:
    if components.keys() != weights.keys():
        raise InputError(
            f"noise.weights={dict(weights)} must have exactly the keys of noise.components: "
            f"{', '.join(components)}"
        )
    for name, component in components.items():
        if not isinstance(component, PairNoise):
            raise InputError(
                f"noise.components.{name} does not treat single pairs. Allowed: semantic, uniform, "
                "lexical, false_negative"
            )
    checked = {
        name: checks.real(
            f"noise.weights.{name}",
            weights[name],
            "a number of at least 0",
            0.0,
            float("inf"),
            open_high=True,
        )
        for name in components
    }
    if not sum(checked.values()) > 0:
        raise InputError(f"noise.weights={checked}: at least one weight must be above 0")
    return checked
