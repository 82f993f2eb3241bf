"""The resolvers of the configuration, mostly for the parts of a cell's path.

No part contains `=`, because Hydra's override grammar could not name such a path.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from cells.configuration.names import folder_name
from cells.configuration.tuned_rates import tuned_learning_rate
from cells.sweep.gpus import jobs_at_once
from data.tokenizers.model_files import stored_config

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC_DIMENSIONS = 256
EXPORT_RECORD = "retrieval.json"


def cell_name(*, _root_: DictConfig) -> str:
    """Return the name of a trained cell: what its numbers are compared by.

    It is `<collection>/<model>/<loss>[-<variant>]/<noise>-<ratio>/seed-<n>`.

    Args:
        _root_: the configuration.
    """
    runtime = HydraConfig.get().runtime
    choices = cast("Mapping[str, str]", runtime.choices)
    method = method_name(loss_name(), _root_.variant)
    noise = f"{choices['noise']}-{shortest(_root_.noise.ratio)}"
    return f"{_root_.collection}/{choices['model']}/{method}/{noise}/seed-{_root_.seed}"


def collection_name(*, _root_: DictConfig) -> str:
    """Return the name of a collection: the choice, or the folder's name with dataset=folder.

    Args:
        _root_: the configuration.
    """
    folder = OmegaConf.select(_root_, "dataset.path")
    if folder is None:
        return str(HydraConfig.get().runtime.choices["dataset"])
    return folder_name(str(folder))


def loss_name() -> str:
    """Return the name of the loss: its choice, and those below it that differ from its file's.

    `loss/threshold` is a choice below, where the loss has one.
    """
    runtime = HydraConfig.get().runtime
    choices = cast("Mapping[str, str]", runtime.choices)
    below = {key.split("@")[0]: choices[key] for key in choices if key.startswith("loss/")}
    if not below:
        return choices["loss"]
    folders = (Path(source.path) for source in runtime.config_sources)
    files = (folder / "loss" / f"{choices['loss']}.yaml" for folder in folders)
    usual = next(
        (_defaults_of(file, file.stat().st_mtime_ns) for file in files if file.exists()), {}
    )
    words = [
        f"{group.removeprefix('loss/')}-{choice}"
        for group, choice in sorted(below.items())
        if usual.get(group) != choice
    ]
    return "-".join([choices["loss"], *words])


@cache
def _defaults_of(file: Path, changed: int) -> dict[str, str]:
    """Return the choices that a loss's file, last changed then, makes itself, by group."""
    del changed
    entries = OmegaConf.select(OmegaConf.load(file), "defaults", default=[])
    pairs = [pair for entry in entries if entry != "_self_" for pair in entry.items()]
    return {f"loss/{key.split('@')[0]}": choice for key, choice in pairs}


def smallest_cosine_score(temperature: float) -> float:
    """Return the score of opposite vectors at a temperature."""
    return -1 / temperature


def method_name(loss: str, variant: str | None) -> str:
    """Return the name of a method: the loss and, if given, the variant."""
    return loss if variant is None else f"{loss}-{variant}"


def shortest(number: object) -> str:
    """Return a number in its shortest form, so that 0, 0.0 and 0.00 name one cell.

    Return `all` for None: natural noise that includes every differing label.
    """
    if number is None:
        return "all"
    return f"{number:g}" if isinstance(number, int | float) else str(number)


def static_dimensions(path: str | None) -> int | None:
    """Return the size of a static model's token vectors.

    From scratch it is the configured one, otherwise an export's, or None for that of the table at
    `path`.
    """
    if path is None:
        return STATIC_DIMENSIONS
    size = stored_config(str(path), EXPORT_RECORD).get("model.network.dimensions")
    return size if isinstance(size, int) else None


def register() -> None:
    """Register the functions with OmegaConf under their names."""
    for resolver in (
        cell_name,
        collection_name,
        jobs_at_once,
        loss_name,
        method_name,
        shortest,
        smallest_cosine_score,
        static_dimensions,
        tuned_learning_rate,
    ):
        OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
