"""Checks of configured values: each returns the value in its proper type or says what is wrong with the key."""

import math
from collections.abc import Collection as Choices
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from errors import InputError


def real(
    key: str,
    value: Any,
    allowed: str,
    low: float,
    high: float,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Return `value` as a float inside the interval, whose ends belong to it unless they are said to be open.

    Args:
        key: the configuration key, for the message.
        value: what the configuration gives.
        allowed: the allowed values in words, for the message.
        low: lower end.
        high: upper end.
        open_low: whether `low` itself is refused.
        open_high: whether `high` itself is refused.

    Raises:
        InputError: not a real number, or outside the interval.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{key}={value!r} is not a number. Allowed: {allowed}")
    number = float(value)
    below = number <= low if open_low else number < low
    above = number >= high if open_high else number > high
    if math.isnan(number) or below or above:
        raise InputError(f"{key}={value!r} is out of range. Allowed: {allowed}")
    return number


def ratio(key: str, value: Any) -> float:
    """Return a noise ratio in [0, 1)."""
    return real(
        key,
        value,
        "a real number of at least 0 and less than 1, the share of training positives to corrupt, "
        "e.g. 0.2",
        0.0,
        1.0,
        open_high=True,
    )


def integer(key: str, value: Any, low: int | None = None) -> int:
    """Return a whole number of at least `low`.

    Raises:
        InputError: not a whole number, or too small.
    """
    allowed = "a whole number" if low is None else f"a whole number of at least {low}"
    if isinstance(value, bool) or not isinstance(value, int) or (low is not None and value < low):
        raise InputError(f"{key}={value!r} is not usable. Allowed: {allowed}")
    return value


def choice(key: str, value: Any, choices: Choices[str]) -> str:
    """Return one of `choices`.

    Raises:
        InputError: something else.
    """
    if value not in choices:
        raise InputError(f"{key}={value!r} is not a choice. Allowed: {', '.join(sorted(choices))}")
    return str(value)


def switch(key: str, value: Any) -> bool:
    """Return true or false.

    Raises:
        InputError: something else.
    """
    if not isinstance(value, bool):
        raise InputError(f"{key}={value!r} is not usable. Allowed: true, false")
    return value


@contextmanager
def naming(keys: Mapping[str, str]) -> Iterator[None]:
    """Say inside the block what the loaders say of the trained model's keys of those that led here: the loaders are the same.

    Args:
        keys: the trained model's key -> the key to name.
    """
    try:
        yield
    except InputError as error:
        message = str(error)
        for theirs, ours in keys.items():
            message = message.replace(f"{theirs}=", f"{ours}=")
        raise InputError(message) from error
