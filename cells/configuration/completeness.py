"""Keys that have no value: `???` left open, and keys that the command line removed with `~`."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cells.configuration.schema import JobSchema
from errors import InputError


def check_complete(cfg: DictConfig) -> None:
    """Check that every key has a value.

    Raises:
        InputError: naming the keys that have none.
    """
    gone = next((key for key in _required(JobSchema) if not _present(cfg, key)), None)
    if gone is not None:
        raise InputError(f"{gone} was removed, and nothing works without it: leave ~{gone} out.")
    try:
        missing = sorted(OmegaConf.missing_keys(cfg))
    except OmegaConfBaseException:
        return  # a reference leads nowhere, which `startup_checks` says
    if missing:
        example = " ".join(f"{key}=..." for key in missing)
        raise InputError(
            f"{', '.join(missing)}: no value, and there is no default. Give one: {example}"
        )


def _required(schema: Any, prefix: str = "") -> Iterator[str]:
    for field in fields(schema):
        yield f"{prefix}{field.name}"
        if is_dataclass(field.type):
            yield from _required(field.type, f"{prefix}{field.name}.")


def _present(cfg: DictConfig, key: str) -> bool:
    parent, _, name = key.rpartition(".")
    node = OmegaConf.select(cfg, parent) if parent else cfg
    if node is not None and not isinstance(node, DictConfig):
        raise InputError(f"{parent}={node}: must hold keys of its own, such as {key}.")
    return node is not None and (name in node or OmegaConf.is_missing(node, name))
