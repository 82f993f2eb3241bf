"""Tables of the keys in conf/: each with its default, and the meaning that a comment gives it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

LINE = re.compile(r"^(?P<indent> *)(?P<key>[\w./@-]+):(?: +(?P<value>.*?))?(?: +# (?P<said>.*))?$")
COMMENT = re.compile(r"^ *# (?P<said>.*)$")
UNSAID = {"defaults", "_partial_"}
TARGET = "the class or function that is built, with the keys beside it as its arguments"
SWEPT = "hydra.sweeper.params."
REFERENCE = re.compile(r"\$\{([\w.]+)\}")
OWN = "loss."
"""Begins the keys that share a name and mean something else in each file."""


class Key(NamedTuple):
    """A key of a configuration file.

    Attributes:
        name: as on the command line, e.g. `model.network.temperature`.
        default: as in the file.
        meaning: the comment behind it, or the comment lines before it.
    """

    name: str
    default: str
    meaning: str


def keys_of(text: str, prefix: str = "") -> Iterator[Key]:
    """Yield the keys of a file that have a value.

    Args:
        text: the file.
        prefix: where its keys stand in the configuration, with a dot at the end.
    """
    above: dict[int, str] = {}
    said: list[str] = []
    silent = False
    for line in text.splitlines():
        if comment := COMMENT.match(line):
            said.append(comment["said"])
            continue
        found = LINE.match(line)
        if found is None:
            said = []
            continue
        depth, key, value = len(found["indent"]), found["key"], found["value"]
        above = {place: name for place, name in above.items() if place < depth}
        silent = key in UNSAID if depth == 0 else silent
        if not silent and key not in UNSAID and value and not value.startswith("# "):
            meaning = found["said"] or " ".join(said)
            yield Key(prefix + ".".join([*above.values(), key]), value, meaning)
        above[depth] = key
        said = []


def meanings(folder: Path, configs: Path) -> dict[str, str]:
    """Return what the files of a group say of keys, and else what any file says, by name."""
    files = sorted(configs.rglob("*.yaml"), key=lambda path: (path.parent != folder, path))
    said: dict[str, str] = {}
    for path in files:
        prefix = "" if path.parent == configs else prefix_of(path, configs)
        for key in keys_of(path.read_text(encoding="utf-8"), prefix):
            if key.meaning and not key.name.startswith(OWN):
                said.setdefault(key.name, key.meaning)
    return said


def meaning_of(key: Key, elsewhere: Mapping[str, str]) -> str:
    """Return what a key means: by its file, or by another one that has the same key."""
    return key.meaning or elsewhere.get(key.name) or _by_form(key)


def _by_form(key: Key) -> str:
    if key.name.endswith("_target_"):
        return TARGET
    if key.name.startswith(SWEPT):
        return f"the values of `{key.name.removeprefix(SWEPT)}` in the sweep"
    same = REFERENCE.fullmatch(key.default)
    return f"as `{same[1]}`" if same else ""


def table(text: str, prefix: str = "", elsewhere: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the keys of a file as a table in Markdown; empty if it has none.

    Args:
        text: the file.
        prefix: where its keys stand in the configuration, with a dot at the end.
        elsewhere: the `meanings` of keys of which the file says nothing.
    """
    rows = [
        f"| `{key.name}` | `{_cell(key.default)}` | "
        f"{_cell(meaning_of(key, elsewhere)).replace('<', '&lt;')} |"
        for key in keys_of(text, prefix)
    ]
    head = ["| key | default | meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n" if rows else ""


def prefix_of(path: Path, configs: Path) -> str:
    """Return where the keys of a group's file stand: below the group, unless it says otherwise."""
    if "# @package _global_" in path.read_text(encoding="utf-8"):
        return ""
    return ".".join(path.relative_to(configs).parent.parts) + "."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
