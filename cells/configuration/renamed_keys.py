"""Configuration keys of earlier versions: refused with the new name, but read in finished cells."""

from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from cells.command.command_line import overrides_in
from errors import InputError

RENAMED: Mapping[str, str] = {
    "model.learning_rate": "optimizer.lr",
    "model.weight_decay": "optimizer.weight_decay",
    "model.warmup": "scheduler.warmup",
    "model.schedule": "scheduler",
    "model.epochs": "trainer.max_epochs",
    "model.batch_size": "batch.size",
    "model.in_batch": "batch.in_batch",
}
"""The present key for each earlier key."""

SCHEDULES = {
    "linear": "lightning_modules.linear_schedule",
    "constant": "lightning_modules.constant_schedule",
}
"""`model.schedule` -> `scheduler._target_`."""


def refuse_renamed(cfg: DictConfig) -> None:
    """Refuse a configuration in which a file sets a key by its earlier name.

    Raises:
        InputError: naming both keys.
    """
    for key in RENAMED:
        if OmegaConf.select(cfg, key) is not None:
            raise InputError(_sentence(key))


def refuse_renamed_overrides(arguments: Sequence[str]) -> None:
    """Refuse a command line that sets a key by its earlier name.

    Args:
        arguments: the command line without the program.

    Raises:
        InputError: naming both keys.
    """
    for override in overrides_in(arguments):
        if override.key_or_group in RENAMED:
            raise InputError(_sentence(override.key_or_group))


def with_new_names(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored configuration, dotted key -> value, with the present keys.

    If both are stored, as `model.epochs` beside `trainer.max_epochs`, the second one was in effect.
    """
    found = {key: value for key, value in flat.items() if key not in RENAMED}
    for key, new in RENAMED.items():
        if key == "model.schedule" and key in flat:
            found["scheduler._target_"] = SCHEDULES.get(str(flat[key]), flat[key])
        elif key in flat:
            found.setdefault(new, flat[key])
    return found


def stored_value(cfg: DictConfig | ListConfig, key: str) -> Any:
    """Return a value of a cell's config.yaml by its present key, whichever version wrote it."""
    earlier = {new: old for old, new in RENAMED.items()}
    value = OmegaConf.select(cfg, key)
    return OmegaConf.select(cfg, earlier[key]) if value is None and key in earlier else value


def _sentence(key: str) -> str:
    new = RENAMED[key]
    how = "scheduler=linear or scheduler=constant" if new == "scheduler" else f"{new}=..."
    return f"{key} is now {new}: set {how} instead."
