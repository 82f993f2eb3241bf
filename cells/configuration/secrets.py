"""The configuration as plain values that can be stored: everything is resolved but secrets.

A key such as `logger.api_key` that takes its value from the environment keeps the interpolation
(`${oc.env:WANDB_API_KEY}`) in config.yaml, in W&B and in logs.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

WORDS = re.compile(
    r"(?:^|[_-])(?:tokens?_?file|token|secrets?|passwords?|passwd|passphrase|credentials?"
    r"|authorization|(?:api|access|private|auth|secret)[_-]?keys?)$",
    re.IGNORECASE,
)
ENVIRONMENT = re.compile(r"\$\{\s*oc\.env\s*:\s*([^,}\s]+)")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SHORTEST = 6
"""Shortest secret, in characters, whose value is also searched for under other keys."""


class _Leaf(NamedTuple):
    """An interpolated value: its key, the node that holds it, and its text."""

    keys: tuple[str | int, ...]
    holder: Any
    text: str


def plain(cfg: DictConfig | ListConfig) -> dict[str, Any]:
    """Return the resolved configuration as plain values; secrets stay interpolations."""
    hidden = copy.deepcopy(cfg)
    OmegaConf.set_readonly(hidden, value=False)
    texts: dict[str, str] = {}
    values: dict[str, str] = {}
    leaves = list(_interpolated(hidden, OmegaConf.to_container(hidden, resolve=False)))
    for leaf in filter(_is_secret, leaves):
        value = _resolved(leaf)
        if value is not None and len(value) >= SHORTEST:
            values[value] = leaf.text
        mark = f"<secret {len(texts)}>"
        texts[mark] = leaf.text
        leaf.holder[leaf.keys[-1]] = mark
    for leaf in leaves if values else []:  # the same value under a key with another name
        value = _resolved(leaf)
        if value is not None and any(secret in value for secret in values):
            mark = f"<secret {len(texts)}>"
            texts[mark] = leaf.text
            leaf.holder[leaf.keys[-1]] = mark
    config = OmegaConf.to_container(hidden, resolve=True)
    assert isinstance(config, dict)
    return {str(key): _unmarked(value, texts) for key, value in config.items()}


def looks_secret(key: str) -> bool:
    """Return whether the name of a key or environment variable suggests a secret."""
    return WORDS.search(CAMEL.sub("_", key)) is not None


def _is_secret(leaf: _Leaf) -> bool:
    return any(looks_secret(str(key)) for key in leaf.keys) or any(
        looks_secret(name) for name in ENVIRONMENT.findall(leaf.text)
    )


def _interpolated(
    node: DictConfig | ListConfig, raw: Any, keys: tuple[str | int, ...] = ()
) -> Iterator[_Leaf]:
    if not isinstance(raw, dict | list):
        return  # None, or an interpolation of the whole node
    items: Mapping[Any, Any] = raw if isinstance(raw, dict) else dict(enumerate(raw))
    for key, value in items.items():
        if isinstance(value, str) and "${" in value:
            yield _Leaf((*keys, key), node, value)
        elif isinstance(value, dict | list):
            yield from _interpolated(node[key], value, (*keys, key))


def _resolved(leaf: _Leaf) -> str | None:
    try:
        value = leaf.holder[leaf.keys[-1]]
    except OmegaConfBaseException:
        return None  # of a variable that is not set; `to_container` says so unless it is a secret
    return value if isinstance(value, str) else None


def _unmarked(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(child, texts) for key, child in value.items()}
    if isinstance(value, list):
        return [_unmarked(child, texts) for child in value]
    if isinstance(value, str) and "<secret " in value:
        for mark, text in texts.items():
            value = value.replace(mark, text)
    return value
