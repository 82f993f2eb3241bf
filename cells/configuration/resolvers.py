"""The resolvers of the configuration, mostly for the parts of a cell's path.

No part contains `=`, because Hydra's override grammar could not name such a path.
"""

from omegaconf import OmegaConf

from cells.configuration.names import folder_name
from cells.configuration.tuned_rates import tuned_learning_rate
from cells.sweep.gpus import jobs_at_once


def collection_name(dataset: str, folder: str | None) -> str:
    """Name of a collection: the group's choice, or for a collection of the user's own its folder's name."""
    return dataset if folder is None else folder_name(str(folder))


def method_name(loss: str, variant: str | None) -> str:
    """Name of a way to train: the loss, and the user's own word for what else is different."""
    return loss if variant is None else f"{loss}-{variant}"


def shortest(number: object) -> str:
    """A number in its shortest form, so that 0, 0.0 and 0.00 name one cell; `all` for natural noise that takes every label in."""
    if number is None:
        return "all"
    return f"{number:g}" if isinstance(number, int | float) else str(number)


def register() -> None:
    """Register the functions with OmegaConf under their names."""
    for resolver in (collection_name, jobs_at_once, method_name, shortest, tuned_learning_rate):
        OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
