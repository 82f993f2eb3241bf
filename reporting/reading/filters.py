"""Filters that choose cells by their coordinates in the grid."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cells.record.coordinates import ALL
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cells.record.coordinates import Coordinates

KEYS = ("dataset", "model", "loss", "noise", "noise.ratio", "seed")


def parse_filters(arguments: Iterable[str]) -> dict[str, list[str]]:
    """Return the values that filters `key=value,value` allow, by key; `*` and `?` are wildcards.

    Raises:
        InputError: for an unknown key, a filter without values, or a ratio or seed that is not a
            number.
    """
    filters: dict[str, list[str]] = {}
    for argument in arguments:
        key, equals, values = argument.partition("=")
        key = "noise.ratio" if key == "ratio" else key
        allowed = [value for value in values.split(",") if value]
        if not equals or not allowed:
            raise InputError(
                f"{argument!r} is not a filter: write key=value or key=value,value, e.g. "
                "loss=cross_entropy,label_weakening."
            )
        if key not in KEYS:
            nearest = get_close_matches(key, KEYS, n=1)
            raise InputError(
                f"{argument}: cells have no "
                f"{key!r}{f' (did you mean {nearest[0]}?)' if nearest else ''}. Keys: "
                f"{', '.join(KEYS)}."
            )
        for value in allowed:
            _check_number(argument, key, value)
        filters.setdefault(key, []).extend(allowed)
    return filters


def passes(place: Coordinates, filters: Mapping[str, Sequence[str]]) -> bool:
    """Return whether every filter allows the cell."""
    return all(
        any(_matches(place, key, value) for value in allowed) for key, allowed in filters.items()
    )


def unmatched(places: Sequence[Coordinates], filters: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the values, as `key=value`, that match none of the cells."""
    return [
        f"{key}={value}"
        for key, allowed in filters.items()
        for value in allowed
        if not any(_matches(p, key, value) for p in places)
    ]


def _matches(place: Coordinates, key: str, value: str) -> bool:
    if key == "noise.ratio":
        return place.ratio == _ratio(value)
    if key == "seed":
        return place.seed == int(value)
    return fnmatchcase(str(getattr(place, key)), value)


def _ratio(value: str) -> float:
    return ALL if value == "all" else float(value)


def _check_number(argument: str, key: str, value: str) -> None:
    try:
        if key == "noise.ratio":
            _ratio(value)
        elif key == "seed":
            int(value)
    except ValueError:
        raise InputError(f"{argument}: {value!r} is not a number, as {key} must be.") from None
