"""The coordinates of a cell in the grid, read from its configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from omegaconf import DictConfig

import checks
from cells.configuration.compatibility import current_target
from cells.configuration.resolvers import method_name, shortest
from errors import InputError

TRAIN = "cells.tasks.train.train"
ALL = 1.0
"""The ratio of natural noise with every differing label; noise.ratio itself is below 1."""


class Coordinates(NamedTuple):
    """The coordinates of a cell.

    Attributes:
        dataset: name of the collection.
        model: name of the model.
        loss: name of the loss; a variant is part of it, as in the path (`cross_entropy-lr-1e-3`).
        noise: name of the noise model.
        ratio: the noise ratio; `ALL` for natural noise with every differing label (`natural-all`).
        seed: the seed.
        variant: the user's word for what else is different; None without one.
    """

    dataset: str
    model: str
    loss: str
    noise: str
    ratio: float
    seed: int
    variant: str | None = None


def coordinates_of(config: Mapping[str, Any]) -> Coordinates | None:
    """Return the coordinates that a cell's configuration states; None: it is not a trained cell's.

    Args:
        config: content of config.yaml, or a composed configuration.

    Raises:
        InputError: it is a trained cell's, and a coordinate is missing or not what it must be.
    """
    task = config.get("task")
    if not isinstance(task, Mapping | DictConfig) or current_target(task.get("_target_")) != TRAIN:
        return None
    try:
        variant = None if config.get("variant") is None else str(config["variant"])
        names = _choices(config, variant)
        return Coordinates(
            str(config["collection"]),
            names["model"],
            method_name(names["loss"], variant),
            names["noise"],
            _ratio(config["noise"]["ratio"]),
            checks.integer("seed", config["seed"]),
            variant,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"config.yaml does not say where the cell lies in the grid: {what}"
        ) from error


def _ratio(ratio: object) -> float:
    if ratio is None:
        return ALL
    return checks.real("noise.ratio", ratio, "a number", -math.inf, math.inf)


def _choices(config: Mapping[str, Any], variant: str | None) -> dict[str, str]:
    """Return the choices of model, loss and noise.

    Cells of earlier versions have the choices below a loss, such as `loss/threshold`, only in their
    name, or have no key `choices`.
    """
    choices = config.get("choices")
    if choices is None:
        return _from_cell(config, variant)
    found = {name: str(choices[name]) for name in ("model", "loss", "noise")}
    try:
        named = _from_cell(config, variant)["loss"]
    except (KeyError, TypeError, ValueError, AttributeError):
        return found
    return found | {"loss": named} if named.startswith(f"{found['loss']}-") else found


def _from_cell(config: Mapping[str, Any], variant: str | None) -> dict[str, str]:
    """Return the choices in the name of a cell."""
    cell, end = config["cell"], f"-{shortest(config['noise']['ratio'])}/seed-{config['seed']}"
    start = f"{config['collection']}/"
    if not cell.startswith(start) or not cell.endswith(end):
        raise ValueError(f"cell={cell} is not {start}<model>/<loss>/<noise>{end}")
    model, _, rest = cell.removeprefix(start).removesuffix(end).partition("/")
    loss, _, noise = rest.rpartition("/")
    loss = loss if variant is None else loss.removesuffix(f"-{variant}")
    if not all((model, loss, noise)):
        raise ValueError(f"cell={cell} is not {start}<model>/<loss>/<noise>{end}")
    return {"model": model, "loss": loss, "noise": noise}
