"""The configuration that a cell's config.yaml holds, and how it differs from another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cells.configuration.compatibility import as_before, current_target
from cells.configuration.renamed_keys import with_new_names
from cells.configuration.secrets import plain
from data.storage.atomic_files import written_aside
from errors import InputError

CONFIG = "config.yaml"
QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
BOOKKEEPING = (
    "output_dir",
    "cache_dir",
    "overwrite",
    "dry_run",
    "logger",
    "choices",
    "cell",
    "variant",
    "checkpoint",
    "on_error",
    "objective",
    "keep",
)
"""Keys that determine where and how a cell is stored, not what it computes."""
SAME_NUMBERS = {"bm25.engine"}
"""Further keys that decide how something is computed and change no number."""
OURS = {"dataset", "seed", "output_dir", "cache_dir"}
"""Keys that the config.yaml of every task's cell has."""
ABSENT = "nothing"
PRECISION = "trainer.precision"
AUTO, FASTEST = "auto", "fastest"
"""Values of that key that are settled when a cell begins, and then differ from none."""


def read_config(directory: Path) -> dict[str, Any]:
    """Return the configuration that config.yaml holds, resolved; empty if there is none.

    Raises:
        InputError: it cannot be read, or is not a cell's.
    """
    path = directory / CONFIG
    if not path.exists():
        return {}
    stored, fault = _loaded(path)
    if fault is not None:
        raise InputError(
            f"{path} cannot be read ({fault}): put the file back, or start the cell anew with "
            "overwrite=true."
        )
    if not stored.keys() >= OURS:
        lacking = ", ".join(sorted(OURS - stored.keys()))
        raise InputError(
            f"{path} is not a cell's configuration (it lacks {lacking}), so the folder is not a "
            "cell of ours: move it or choose another output_dir."
        )
    return stored


def plainly_holds(directory: Path, config: Mapping[str, Any]) -> bool:
    """Return whether config.yaml holds exactly this configuration, read in a tenth of the time.

    False says nothing: keys may have been renamed or added since, which `differences` knows.
    """
    try:
        text = (directory / CONFIG).read_text(encoding="utf-8")
        # a safe loader, in C where there is one
        stored = yaml.load(text, Loader=QUICK)  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return False
    return isinstance(stored, dict) and _computed(stored) == _computed(config)


def _computed(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in BOOKKEEPING}


def is_damaged(directory: Path) -> bool:
    """Return whether there is a config.yaml that cannot be read, be it a cell's or not."""
    path = directory / CONFIG
    return path.exists() and _loaded(path)[1] is not None


def _loaded(path: Path) -> tuple[dict[str, Any], str | None]:
    """Return the content of a config.yaml, and what is wrong with it."""
    try:
        config = OmegaConf.load(path)
        if isinstance(config, DictConfig) and config:
            return plain(config), None
    except (OSError, ValueError, yaml.YAMLError, OmegaConfBaseException, RecursionError) as error:
        return {}, str(error).strip().split("\n", 1)[0][:200] or type(error).__name__
    return {}, "it holds no keys"


def write_config(directory: Path, config: Mapping[str, Any]) -> None:
    """Write config.yaml completely or not at all."""
    with written_aside(directory / CONFIG) as aside:
        aside.write_text(OmegaConf.to_yaml(OmegaConf.create(dict(config))), encoding="utf-8")


def differences(stored: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Return a line for each key whose value differs: `key (there: value, here: value)`.

    Bookkeeping does not count, nor do keys that change no number, nor does a key that only one side
    knows and that changes nothing there (`cells.configuration.compatibility`).
    """
    there, here = (with_new_names(_flat(each)) for each in (stored, config))
    one_sided = {
        key: value for key, value in (there | here).items() if (key in there) != (key in here)
    }
    ignored = {key for key, value in one_sided.items() if as_before(key, value)}
    if "task" not in config:  # cells of task=noise had it once
        ignored |= {key for key in there if key.startswith("task.")}
    keys = [key for key in there | here if _counts(key) and key not in ignored]
    pairs = [(key, there.get(key, ABSENT), here.get(key, ABSENT)) for key in keys]
    return [
        f"{key} (there: {left}, here: {right})"
        for key, left, right in pairs
        if left != right and not (key == PRECISION and {AUTO, FASTEST} & {left, right})
    ]


def _counts(key: str) -> bool:
    return key.partition(".")[0] not in BOOKKEEPING and key not in SAME_NUMBERS


def _flat(node: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(node, Mapping) and node:
        return {
            key: value
            for name, child in node.items()
            for key, value in _flat(child, f"{prefix}.{name}" if prefix else str(name)).items()
        }
    return {prefix: current_target(node)}
