"""Tables of the keys in conf/: each with its default, and the meaning that a comment gives it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LINE = re.compile(r"^(?P<indent> *)(?P<key>[\w./@-]+):(?: +(?P<value>.*?))?(?: +# (?P<said>.*))?$")
COMMENT = re.compile(r"^ *# (?P<said>.*)$")
UNSAID = {"defaults", "_partial_"}


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
        if not silent and key not in UNSAID and value:
            meaning = found["said"] or " ".join(said)
            yield Key(prefix + ".".join([*above.values(), key]), value, meaning)
        above[depth] = key
        said = []


def table(text: str, prefix: str = "") -> str:
    """Return the keys of a file as a table in Markdown; empty if it has none."""
    rows = [
        f"| `{key.name}` | `{_cell(key.default)}` | {_cell(key.meaning).replace('<', '&lt;')} |"
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
