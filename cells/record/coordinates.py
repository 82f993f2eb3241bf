"""Where a cell lies in the grid, read from its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = 5
"""Parts of a cell's path: dataset, model, loss, noise-ratio, seed-n."""


class Coordinates(NamedTuple):
    """The coordinates of a cell.

    Attributes:
        dataset: name of the collection.
        model: name of the model.
        loss: name of the loss; a variant is part of it, as in the path (`cross_entropy-lr-1e-3`).
        noise: name of the noise model.
        ratio: the noise ratio; 1.0 for natural noise that takes every label in (`natural-all`).
        seed: the seed.
    """

    dataset: str
    model: str
    loss: str
    noise: str
    ratio: float
    seed: int


def coordinates_of(parts: Sequence[str]) -> Coordinates | None:
    """Return the coordinates that the last five parts of a path name; None: it is not a trained cell's path."""
    if len(parts) < PARTS:
        return None
    dataset, model, loss, condition, last = parts[-PARTS:]
    noise, dash, ratio = condition.rpartition("-")
    if not dash or not last.startswith("seed-"):
        return None
    try:
        return Coordinates(
            dataset,
            model,
            loss,
            noise,
            1.0 if ratio == "all" else float(ratio),
            int(last.removeprefix("seed-")),
        )
    except ValueError:
        return None
