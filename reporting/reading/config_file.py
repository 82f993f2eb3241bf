"""config.yaml as plain values, read fast: a report reads thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

# ten times as fast in C, where PyYAML was built with it
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the content of a config.yaml.

    Raises:
        InputError: it cannot be read or holds no configuration; the message begins with the file's
            name.
    """
    try:
        # a safe loader
        config = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path.name} cannot be read ({error})") from error
    if not isinstance(config, dict):
        raise InputError(f"{path.name} holds no configuration")
    return config
