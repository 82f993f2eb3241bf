"""Reading the folder of an export."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from data.tokenizers.packaged_weights import resolve
from errors import InputError

RECORD = "retrieval.json"
"""The project's own file in an export: the model's configuration, on which its scores depend."""


def is_export(path: str | None) -> bool:
    """Return whether the path is a folder that `export=true` wrote."""
    return path is not None and (Path(path) / RECORD).is_file()


def read_record(path: str) -> dict[str, Any]:
    """Return the configuration of an exported model: the keys that affect its scores.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        record: dict[str, Any] = json.loads((Path(path) / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"model.path={path}: {RECORD} cannot be read ({error}). Export the model again."
        ) from error
    return record


def read_linear(path: str) -> Tensor | None:
    """Return the weight [D, H] of an export's projection; None: the folder holds none."""
    file = next(Path(resolve(path)).glob("*_Dense/model.safetensors"), None)
    return None if file is None else _tensor(path, file, "linear.weight")


def read_dense(path: str, file: Path) -> Tensor:
    """Return the weight [D, H] of a dense layer in an export's folder.

    Args:
        path: the folder as configured.
        file: the layer's file in it.

    Raises:
        InputError: if it cannot be read.
    """
    return _tensor(path, file, "linear.weight")


def read_static(path: str) -> Tensor:
    """Return the token vectors [V, D] of an exported static retriever.

    Raises:
        InputError: if there are none.
    """
    file = Path(path) / "0_StaticEmbedding" / "model.safetensors"
    if not file.exists():
        raise InputError(
            f"model.path={path}: it does not hold an exported static retriever "
            "(0_StaticEmbedding/model.safetensors). Give the folder of one, null to train from "
            "scratch, or choose the model that it holds, e.g. model=minilm."
        )
    return _tensor(path, file, "embedding.weight")


def check_same(path: str, values: Mapping[str, tuple[object, object]]) -> None:
    """Raise InputError for the values that differ between a folder and the configuration.

    Args:
        path: the folder as configured.
        values: name or key -> its value there and here.

    Raises:
        InputError: naming each with both values.
    """
    differing = [
        f"{name} (there: {there}, here: {here})"
        for name, (there, here) in values.items()
        if there != here
    ]
    if differing:
        raise InputError(
            f"model.path={path} holds another model; it differs in {'; '.join(differing)}. Set "
            "these keys to its values."
        )


def _tensor(path: str, file: Path, name: str) -> Tensor:
    try:
        return load_file(file)[name].float()
    except (SafetensorError, KeyError, OSError) as error:
        raise InputError(
            f"model.path={path}: {file} is truncated or does not hold {name} ({error}). Export the "
            "model again."
        ) from error
