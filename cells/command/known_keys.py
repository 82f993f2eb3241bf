"""Which keys the configuration has, to name those near to a misspelt one."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

SHOWN = 12


def unknown_key(key: str, arguments: Sequence[str], configs: Path) -> str:
    """Return what to say of a key that the configuration does not have.

    Args:
        key: the key, in dotted form.
        arguments: the command line; its choices of groups decide which keys there are.
        configs: the folder of the configuration groups.
    """
    config = _composed(arguments, configs)
    keys = list(_keys(config))
    near = get_close_matches(key, keys, n=1, cutoff=0.75) or _same_end(key, keys)
    suggestion = f" Did you mean {near[0]}?" if near else ""
    parent = key.rpartition(".")[0]
    while parent and parent not in keys:
        parent = parent.rpartition(".")[0]
    beside = sorted({_beside(known, parent) for known in keys if known.startswith(_below(parent))})
    where = f"below {parent}" if parent else "at the top"
    more = ", ..." if len(beside) > SHOWN and near else ""
    shown = beside[:SHOWN] if near else beside
    return f"{key}: there is no such key.{suggestion} Keys {where}: {', '.join(shown)}{more}."


def _composed(arguments: Sequence[str], configs: Path) -> Any:
    """Return the configuration that the choices of groups make, or the default one."""
    groups = [
        part.partition(",")[0]
        for part in arguments
        if (configs / part.partition("=")[0].lstrip("+")).is_dir()
    ]
    for overrides in (groups, []):
        try:
            with initialize_config_dir(str(configs), version_base="1.3"):
                return OmegaConf.to_container(compose("config", overrides=overrides))
        except (HydraException, OmegaConfBaseException):
            continue
    return {}


def _keys(node: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, child in node.items():
            yield f"{prefix}{name}"
            yield from _keys(child, f"{prefix}{name}.")


def _same_end(key: str, keys: Sequence[str]) -> list[str]:
    """Return the key whose last part is that of `key`, or is near to it."""
    ends = {known.rpartition(".")[2]: known for known in keys}
    near = get_close_matches(key.rpartition(".")[2], list(ends), n=1, cutoff=0.8)
    return [ends[near[0]]] if near else []


def _below(parent: str) -> str:
    return f"{parent}." if parent else ""


def _beside(key: str, parent: str) -> str:
    return key.removeprefix(_below(parent)).partition(".")[0]
