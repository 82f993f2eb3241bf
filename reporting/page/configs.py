"""The configurations of the cells: the shared keys, and each value of the keys that differ."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from cells.record.stored_config import BOOKKEEPING
from errors import InputError
from reporting.reading.config_file import read_config_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reporting.statistics.groups import Group

log = logging.getLogger(__name__)

COORDINATES = {"collection", "seed", "export", *BOOKKEEPING}
"""Keys that name a cell or its place: they always differ and explain nothing."""

FACTORS = ("dataset", "model", "noise")


class Variant(NamedTuple):
    """One value of a top-level key.

    Attributes:
        who: the cells that have it, e.g. `loss elr, gce`.
        text: the value in YAML.
    """

    who: str
    text: str


class Configs(NamedTuple):
    """The configurations of a report.

    Attributes:
        shared: the keys with one value in all cells, in YAML.
        differing: the values of the other top-level keys, by key.
        unreadable: number of cells whose config.yaml cannot be read.
    """

    shared: str
    differing: dict[str, list[Variant]]
    unreadable: int


def read_configs(groups: Sequence[Group]) -> Configs:
    """Read one config.yaml a group; the cells of a group differ in their seeds only."""
    found = [
        (group, config)
        for group in groups
        if group.cells and (config := read_config(group)) is not None
    ]
    keys = dict.fromkeys(key for _, config in found for key in config if key not in COORDINATES)
    values = {key: _values(key, found) for key in keys}
    shared = {key: next(iter(variants)) for key, variants in values.items() if len(variants) == 1}
    differing = {
        key: _variants(variants, groups) for key, variants in values.items() if len(variants) > 1
    }
    return Configs(
        "".join(shared.values()),
        differing,
        len([group for group in groups if group.cells]) - len(found),
    )


def read_config(group: Group) -> dict[str, Any] | None:
    """Return the configuration of a group's first cell; None if it cannot be read."""
    path = group.cells[0].file("config.yaml")
    try:
        return read_config_file(path)
    except InputError as error:
        log.info("%s: %s", path.parent, error)
        return None


def _values(key: str, found: Sequence[tuple[Group, Mapping[str, Any]]]) -> dict[str, list[Group]]:
    """Return the groups of each value, as YAML."""
    values: defaultdict[str, list[Group]] = defaultdict(list)
    for group, config in found:
        value = config.get(key)
        if key == "noise" and isinstance(value, dict):
            value = {name: entry for name, entry in value.items() if name not in {"ratio", "seed"}}
        values[yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True)].append(group)
    return values


def _variants(values: Mapping[str, Sequence[Group]], groups: Sequence[Group]) -> list[Variant]:
    return [Variant(_who(members, groups), text) for text, members in values.items()]


def _who(members: Sequence[Group], groups: Sequence[Group]) -> str:
    """Return what tells the members: the coordinates by which they are fewer than all."""
    parts = []
    for name in (*FACTORS, "loss"):
        levels, every = ({_level(group, name) for group in some} for some in (members, groups))
        if levels != every:
            parts.append(f"{name} {', '.join(sorted(levels))}")
    return "; ".join(parts) or "some cells"


def _level(group: Group, name: str) -> str:
    return group.loss if name == "loss" else str(getattr(group.condition, name))
