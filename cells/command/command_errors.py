"""Hydra's complaints about a command line in words: the override, its fault, how to mend it."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    InstantiationException,
    OverrideParseException,
)
from omegaconf.errors import OmegaConfBaseException

from cells.command.known_keys import unknown_key
from errors import InputError

UNKNOWN = re.compile(r"Could not override '(.+?)'")
REMOVED = re.compile(r"Could not delete from config\. '(.+?)' does not exist")
SEVERAL = re.compile(r"Ambiguous value for argument '(.+?)'\n")
MERGED = re.compile(r"Error merging override (.*)", re.DOTALL)
TYPES = {"Integer": "a whole number", "Float": "a number", "Boolean": "true or false"}


def in_words(error: Exception, arguments: Sequence[str], configs: Path) -> str | None:
    """Return what to tell the user; None: the command line is not at fault.

    Args:
        error: what came out of Hydra.
        arguments: the command line.
        configs: the folder of the configuration groups.
    """
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OverrideParseException):
        return _unreadable(error.override, error.message)
    if isinstance(error, InstantiationException) or not isinstance(
        error, HydraException | OmegaConfBaseException
    ):
        return None
    if found := SEVERAL.match(str(error)):
        return _several(found[1])
    return _composing(error, arguments, configs)


def _composing(error: Exception, arguments: Sequence[str], configs: Path) -> str:
    """Return what Hydra says of a configuration that it cannot compose."""
    text = str(error)
    if isinstance(error, ConfigCompositionException):
        for pattern in (UNKNOWN, REMOVED):
            if found := pattern.match(text):
                return unknown_key(found[1], arguments, configs)
        if (found := MERGED.match(text)) and error.__cause__ is not None:
            return f"{found[1]}: {_plain(str(error.__cause__))}"
    cause = "" if error.__cause__ is None else f": {_first(str(error.__cause__))}"
    return f"{_first(text)}{cause}"


def _unreadable(override: str, message: str) -> str:
    """Say that an override is outside Hydra's grammar, and how quotes would mend it."""
    key, equals, value = override.partition("=")
    text = f"{override}: Hydra cannot read this ({_first(message)})."
    if not equals:
        return f"{text} Overrides have the form key=value; --help lists the options."
    if not re.fullmatch(r"[+~]{0,2}[\w./@-]+", key):
        return f"{text} {key!r} is not a key: keys have the form group.name."
    quoted = shlex.quote(f'{key}="{value.translate({34: chr(92) + chr(34), 92: chr(92) * 2})}"')
    return f"{text} If the value is text, quote it for Hydra and the shell: {quoted}"


def _several(override: str) -> str:
    """Say what makes several values of a key a sweep, or one value."""
    key, _, value = override.partition("=")
    return (
        f"{override}: several values need -m, which runs a cell for each: run.py -m {override}. If "
        f"they are one list, write '{key}=[{value}]'; if they are one text, "
        + shlex.quote(f'{key}="{value}"')
        + "."
    )


def _plain(message: str) -> str:
    """Return the first line of what OmegaConf says of a value."""
    line = _first(message)
    found = re.match(r"Value '(.*)' of type '\w+' could not be converted to (\w+)", line)
    return line if found is None else f"must be {TYPES.get(found[2], found[2])}."


def _first(message: str) -> str:
    return next(iter(message.strip().splitlines()), "")
