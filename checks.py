"""Checks of configured values: each returns the value in its type, or raises a full message."""

import math
from collections.abc import Collection as Choices
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from errors import InputError


def real(
    key: str,
    value: Any,
    allowed: str,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Return a finite number within an interval, whose ends belong to it unless they are open.

    Args:
        key: the configuration key, for the message.
        value: the configured value.
        allowed: the allowed values in words, for the message.
        low: lower end.
        high: upper end.
        open_low: whether `low` itself is refused.
        open_high: whether `high` itself is refused.

    Raises:
        InputError: not a finite number, or outside the interval.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise refusal(key, value, allowed)
    below = value <= low if open_low else value < low
    above = value >= high if open_high else value > high
    if below or above:
        raise refusal(key, value, allowed)
    return float(value)


def ratio(key: str, value: Any) -> float:
    """Return a noise ratio in [0, 1)."""
    allowed = f"a number with 0 <= {key} < 1, the share of training positives to corrupt, e.g. 0.2"
    return real(key, value, allowed, 0.0, 1.0, open_high=True)


def positive(key: str, value: Any, example: str) -> float:
    """Return a number above 0.

    Args:
        key: the configuration key, for the message.
        value: the configured value.
        example: a reasonable value, for the message.
    """
    return real(key, value, f"a positive number, e.g. {example}", 0.0, open_low=True)


def integer(key: str, value: Any, low: int | None = None, allowed: str | None = None) -> int:
    """Return a whole number of at least `low`.

    Args:
        key: the configuration key, for the message.
        value: the configured value.
        low: the smallest value; None: any.
        allowed: the allowed values in words, if `low` does not say enough.

    Raises:
        InputError: not a whole number, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int) or (low is not None and value < low):
        at_least = "" if low is None else f" of at least {low}"
        raise refusal(key, value, allowed or f"a whole number{at_least}")
    return value


def choice(key: str, value: Any, choices: Choices[str], *, or_null: str | None = None) -> str:
    """Return one of `choices`.

    Args:
        key: the configuration key, for the message.
        value: the configured value.
        choices: the allowed words; a sequence is listed in its order, a set alphabetically.
        or_null: the meaning of null, if it is allowed.

    Raises:
        InputError: any other value.
    """
    if value not in choices:
        words = ", ".join(choices if isinstance(choices, Sequence) else sorted(choices))
        null = "" if or_null is None else f", or null {or_null}"
        raise refusal(key, value, f"one of {words}{null}")
    return str(value)


def switch(key: str, value: Any) -> bool:
    """Return true or false.

    Raises:
        InputError: any other value.
    """
    if not isinstance(value, bool):
        raise refusal(key, value, "true or false")
    return value


def refusal(key: str, value: Any, allowed: str) -> InputError:
    """Return the error that says what a key must be; the value is written as in YAML."""
    words = {None: "null", True: "true", False: "false"}
    written = words[value] if value is None or isinstance(value, bool) else value
    return InputError(f"{key}={written}: must be {allowed}.")


@contextmanager
def naming(keys: Mapping[str, str]) -> Iterator[None]:
    """Rename configuration keys in error messages raised inside the block.

    Loaders are shared: they report `model.path` where the user has set `noise.encoder.path`.

    Args:
        keys: the key to name, by the key that the loaders report.
    """
    try:
        yield
    except InputError as error:
        message = str(error)
        for theirs, ours in keys.items():
            message = message.replace(f"{theirs}=", f"{ours}=")
        raise InputError(message) from error
