"""The files of a Hugging Face model, inspected before anything is loaded; its code never runs."""

import json
from pathlib import Path
from typing import Any

from errors import InputError

CONFIG = "config.json"
CODE_IN = (CONFIG, "tokenizer_config.json")
"""Files whose `auto_map` names Python files of the model."""


def stored_config(path: str, name: str = CONFIG) -> dict[str, Any]:
    """Return a local configuration file of a model; {} if it is not on this machine.

    Args:
        path: local folder or hub name.
        name: of the file.
    """
    content = stored_json(path, name)
    return content if isinstance(content, dict) else {}


def stored_json(path: str, name: str) -> Any:
    """Return the content of a model's local JSON file; None if it is not on this machine.

    Args:
        path: local folder or hub name.
        name: of the file.
    """
    file = Path(path) / name
    if not Path(path).exists():
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError

        try:
            cached = try_to_load_from_cache(path, name)
        except HFValidationError:
            return None
        file = Path(cached) if isinstance(cached, str) else file
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def own_code(path: str) -> str:
    """Return the Python files that a model brings along, comma-separated; '' if there are none."""
    names: set[str] = set()
    for file in CODE_IN:
        for value in stored_config(path, file).get("auto_map", {}).values():
            classes = value if isinstance(value, list) else [value]
            names |= {f"{name.rpartition('--')[2].split('.')[0]}.py" for name in classes if name}
    return ", ".join(sorted(names))


def refuse_own_code(path: str, folder: str, error: Exception) -> None:
    """Raise InputError if a model could not be loaded because its code was not to be run.

    Args:
        path: as configured.
        folder: what it means.
        error: what transformers raised.

    Raises:
        InputError: naming the files.
    """
    if "trust_remote_code" in str(error):
        raise InputError(
            f"model.path={path}: it needs Python code from its own files ({own_code(folder)}), "
            "which is never run here. Choose a model whose architecture transformers itself has."
        ) from error


def check_encoder(path: str, folder: str) -> None:
    """Raise InputError for an encoder-decoder, as far as its configuration is on this machine.

    Args:
        path: as configured.
        folder: what it means.

    Raises:
        InputError: it is one.
    """
    if stored_config(folder).get("is_encoder_decoder") is True:
        raise InputError(
            f"model.path={path} is an encoder-decoder (config.json), and one encoder is needed: "
            "choose an encoder or a decoder-only model, or compute its vectors elsewhere and give "
            "them to model=adapter by model.vectors."
        )
