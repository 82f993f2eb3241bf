"""The resolvers of the configuration, mostly for the parts of a cell's path.

No part contains `=`, because Hydra's override grammar could not name such a path.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import OmegaConf

from cells.configuration.names import folder_name
from cells.configuration.tuned_rates import tuned_learning_rate
from cells.sweep.gpus import jobs_at_once
from data.tokenizers.model_files import stored_config

STATIC_DIMENSIONS = 256
EXPORT_RECORD = "retrieval.json"


def collection_name(dataset: str, folder: str | None) -> str:
    """Return the name of a collection: the choice, or the folder's name with dataset=folder."""
    return dataset if folder is None else folder_name(str(folder))


def loss_name(choices: Mapping[str, str], sources: Sequence[Mapping[str, str]]) -> str:
    """Return the name of a loss: its choice, and the choices below it that differ from its file's.

    Args:
        choices: Hydra's choice of each group, `loss/threshold` among them where the loss has one.
        sources: where Hydra looks for groups.
    """
    files = (Path(source["path"]) / "loss" / f"{choices['loss']}.yaml" for source in sources)
    usual = next((_defaults_of(file) for file in files if file.exists()), {})
    below = {key.split("@")[0]: choice for key, choice in choices.items() if key[:5] == "loss/"}
    words = [
        f"{group.removeprefix('loss/')}-{choice}"
        for group, choice in sorted(below.items())
        if usual.get(group) != choice
    ]
    return "-".join([choices["loss"], *words])


def _defaults_of(file: Path) -> dict[str, str]:
    """Return the choices that a loss's file makes itself, by group."""
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
