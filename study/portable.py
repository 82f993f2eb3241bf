"""A cell's configuration without the folders of the machine that it was run on."""

import os
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from errors import InputError

DATA = "STUDY_DATA"
"""Environment variable that names the folder of real collections, whatever the machine."""

PLACES = {"output_dir": "outputs", "cache_dir": "cache"}


def portable(cell: str, content: bytes) -> bytes:
    """Return the YAML with paths relative to $STUDY_DATA, without paths of outputs and caches.

    Read where STUDY_DATA names the same collections, it is the same configuration.

    Raises:
        InputError: if another file of this machine is named.
    """
    config = OmegaConf.to_container(OmegaConf.create(content.decode()))
    assert isinstance(config, dict)
    config |= {key: place for key, place in PLACES.items() if key in config}
    return OmegaConf.to_yaml(OmegaConf.create(_without_folders(cell, "", config))).encode()


def _without_folders(cell: str, key: str, node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: _without_folders(cell, f"{key}.{name}" if key else str(name), child)
            for name, child in node.items()
        }
    if isinstance(node, list):
        return [_without_folders(cell, key, child) for child in node]
    if not isinstance(node, str) or not node.startswith(("/", "~")):
        return node
    root = os.environ.get(DATA)
    path = Path(node).expanduser()
    if root and path.is_relative_to(Path(root).expanduser().absolute()):
        return (
            f"${{oc.env:{DATA}}}/{path.relative_to(Path(root).expanduser().absolute()).as_posix()}"
        )
    raise InputError(
        f"{cell}: {key}={node} names a file of this machine, which nobody else has. Put it below "
        f"the folder that {DATA} names, and set {DATA} when cells are stored."
    )
