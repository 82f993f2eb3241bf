"""The files that a configuration names: runs, audits, qrels, weights, collections."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cells.record.stored_config import BOOKKEEPING
from data.collections.folder import files_of
from data.collections.ir_datasets_home import source_files

Files = dict[str, Path]
"""Name relative to what the configuration names ("" for the file itself) -> path."""

FOLDERS = {"path", "vectors", "cross_encoder"}
"""Last parts of the keys that name a folder, or a hub's name, of weights or vectors."""
NOT_WEIGHTS = (".md", ".png", ".lock", ".partial")


def named_files(config: Mapping[str, Any]) -> dict[str, Files]:
    """Return the existing files by the key that names them; hub names stand for cached files."""
    found: dict[str, Files] = {}
    for key, value in _texts(config):
        group, _, name = key.partition(".")
        if group in BOOKKEEPING or not value or "\0" in value or "\n" in value:
            continue
        files = (
            _collection(config, name, value)
            if group == "dataset"
            else _of(value, weights=key.rpartition(".")[2] in FOLDERS)
        )
        if files:
            found[key] = files
    return found


def _collection(config: Mapping[str, Any], name: str, value: str) -> Files:
    if name == "path":
        return {path.name: path for path in files_of(Path(value).expanduser())}
    if "ir_dataset" in str(config["dataset"].get("_target_")) and not name.startswith("_"):
        return source_files(value)
    return _of(value, weights=False)


def _of(value: str, *, weights: bool) -> Files:
    try:
        path = Path(value).expanduser()
        if path.is_file():
            return {"": path}
        if weights:
            return _folder(path if path.is_dir() else _of_hub(value))
    except (OSError, RuntimeError, ValueError):  # a text that cannot be a path
        pass
    return {}


def _folder(folder: Path | None) -> Files:
    if folder is None:
        return {}
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): path
        for path in files
        if path.suffix not in NOT_WEIGHTS and not path.name.startswith(".")
    }


def _of_hub(name: str) -> Path | None:
    """Return the folder of a hub name in huggingface_hub's cache, without its slow import."""
    home = os.environ.get("HF_HOME", f"{os.environ.get('XDG_CACHE_HOME', '~/.cache')}/huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE", f"{home}/hub")).expanduser()
    repository = cache / f"models--{name.replace('/', '--')}"
    reference = repository / "refs" / "main"
    if not reference.is_file():
        return None
    folder = repository / "snapshots" / reference.read_text(encoding="utf-8").strip()
    return folder if folder.is_dir() else None


def _texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for name, child in node.items():
            yield from _texts(child, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from _texts(child, f"{key}.{place}")
    elif isinstance(node, str) and not key.endswith("_target_"):
        yield key, node
