"""Checks of constructor arguments; every message names the configuration key below `loss`, the value and what is allowed."""

import math
from collections.abc import Collection

from errors import InputError


def check_number(
    key: str,
    value: float,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return `value` as a float if it is a finite number within the given bounds.

    Args:
        key: Configuration key below `loss`, for the message.
        value: The number to check.
        above: Open lower bound.
        at_least: Closed lower bound.
        below: Open upper bound.
        at_most: Closed upper bound.

    Returns:
        The value.

    Raises:
        InputError: The value is no finite number or lies outside the bounds.
    """
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    allowed = " and ".join(
        [
            "a finite number",
            *(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None),
        ]
    )
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"loss.{key} is {value!r}; it must be {allowed}.")
    too_low = (above is not None and value <= above) or (at_least is not None and value < at_least)
    too_high = (below is not None and value >= below) or (at_most is not None and value > at_most)
    if too_low or too_high:
        raise InputError(f"loss.{key} is {value!r}; it must be {allowed}.")
    return float(value)


def check_choice(key: str, value: str, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`.

    Args:
        key: Configuration key below `loss`, for the message.
        value: The word to check.
        choices: The words allowed.

    Returns:
        The value.

    Raises:
        InputError: The value is not among the choices.
    """
    if value not in choices:
        raise InputError(f"loss.{key} is {value!r}; choose one of {', '.join(choices)}.")
    return value
