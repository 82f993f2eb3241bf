"""No noise: training on the clean judgements, with an empty audit."""

from data.collections.collection import Collection
from errors import InputError
from noise.model import NoiseModel, Recipe, Work
from noise.selection.order import positives


class NoNoise(NoiseModel):
    """Leaves the training judgements as they are.

    Args:
        ratio: 0; it exists for sweeps and paths.
        seed: has no effect.
        audit: an audit file without corruptions, or None.

    Raises:
        InputError: the ratio is not 0.
    """

    name = "none"
    version = "none-1"

    def __init__(self, *, ratio: float = 0.0, seed: int = 0, audit: str | None = None) -> None:
        super().__init__(ratio, seed, audit)
        if self.ratio:
            raise InputError(
                f"noise.ratio={ratio} with noise=none, which corrupts nothing. Set noise.ratio=0, "
                "or choose a noise model: noise=semantic"
            )

    def recipe(self, collection: Collection) -> Recipe:
        """Return the recipe without rows."""
        return Recipe(
            collection.train.qrels, len(positives(collection.train.qrels)), {}, lambda: Work(tuple)
        )
