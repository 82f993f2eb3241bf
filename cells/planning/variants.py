"""Names for the cells of a grid that differ in keys which their paths do not show."""

import re
from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import PurePath
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser

from cells.configuration.resolvers import shortest

LONGEST = 40
"""Characters of a name; the loss has to fit into the same part of the path."""
ODD = re.compile(r"[^\w.+-]+")


def variants(jobs: Sequence[Sequence[str]], paths: Sequence[str]) -> list[str] | None:
    """Return a name for each job, made of the overrides that its path does not tell apart.

    Args:
        jobs: the overrides of each job; the n-th of all jobs has one key.
        paths: the path of each job's cell.

    Returns:
        Names like `lr-0.01-size-16`; None if every job has a path of its own already.
    """
    columns = hidden(jobs, paths)
    if not columns:
        return None
    keys = _short([jobs[0][n].partition("=")[0] for n in columns])
    words = {
        line: word
        for n, key in zip(columns, keys, strict=True)
        for line, word in _words(key, list(dict.fromkeys(job[n] for job in jobs))).items()
    }
    names = ["-".join(words[job[n]] for n in columns) for job in jobs]
    return [name if len(name) <= LONGEST else _digest(name) for name in names]


def hidden(jobs: Sequence[Sequence[str]], paths: Sequence[str]) -> list[int]:
    """Return the positions of overrides that differ between jobs with one path."""
    sharing: dict[str, list[Sequence[str]]] = defaultdict(list)
    for job, path in zip(jobs, paths, strict=True):
        sharing[path].append(job)
    return sorted(
        {
            n
            for alike in sharing.values()
            for n, lines in enumerate(zip(*alike, strict=True))
            if len(set(lines)) > 1
        }
    )


def expression(keys: Sequence[str]) -> str:
    """Return a value of `variant` that names the values of keys."""
    names = zip(_short(keys), keys, strict=True)
    return "-".join(f"{name}-${{{key}}}" for name, key in names)


def _short(keys: Sequence[str]) -> list[str]:
    """Return the last part of each key, or more of its parts where two are the same."""
    parts = [re.split(r"[./]", key.lstrip("+~").split("@")[0]) for key in keys]
    for size in range(1, 1 + max(map(len, parts))):
        names = ["-".join(each[-size:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    return ["-".join(each) for each in parts]


def _words(key: str, lines: Sequence[str]) -> dict[str, str]:
    """Return a word for each override of a key; those that would be the same get a hash."""
    values = OverridesParser.create().parse_overrides(list(lines))
    words = {
        line: f"{key}-{ODD.sub('-', _text(override.value())).strip('-')}"
        for line, override in zip(lines, values, strict=True)
    }
    alike = [word for word in words.values() if list(words.values()).count(word) > 1]
    return {
        line: f"{word}-{_digest(line)}" if word in alike else word for line, word in words.items()
    }


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "-".join(f"{key}-{_text(each)}" for key, each in value.items())
    if isinstance(value, list):
        return "-".join(map(_text, value))
    return PurePath(value).name if isinstance(value, str) else shortest(value)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
