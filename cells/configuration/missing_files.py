"""Files and folders that a configuration names, but that do not exist."""

from pathlib import Path

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

FILES = (
    "dataset.path",
    "teacher",
    "negatives.run",
    "negatives.scores",
    "noise.qrels",
    "noise.audit",
)
WEIGHTS = ("model.path", "noise.encoder.path")
"""Keys of a local folder or of a hub's name."""


def missing_files(cfg: DictConfig) -> list[str]:
    """Return `key=value` for each file or folder that a cell to train needs and that is not there.

    Args:
        cfg: the cell's configuration.
    """
    return [
        f"{key}={value}"
        for key in (*FILES, *WEIGHTS)
        if isinstance(value := _value(cfg, key), str)
        and (key in FILES or _is_local(value))
        and not _exists(value)
    ]


def _value(cfg: DictConfig, key: str) -> object:
    try:
        return OmegaConf.select(cfg, key)
    except OmegaConfBaseException:  # said by another check
        return None


def _is_local(path: str) -> bool:
    """Return whether weights cannot be meant by a hub's name, which is `name` or `owner/name`."""
    return path.startswith((".", "~")) or Path(path).is_absolute() or path.count("/") > 1


def _exists(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # a text that cannot be a path
        return False
