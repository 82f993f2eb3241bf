"""Which overrides of a sweep decide about keys that no other one decides about.

Hydra merges the files of the defaults list key by key, and sets single values afterwards. Hence the
value of a key depends on nothing but the files and overrides that touch it or a key above it.
Two swept groups whose files touch different top-level keys are independent: what one of them
decides is the same whatever the other one chooses. Where this cannot be seen in the files (a
defaults list with an interpolation, or one that overrides other groups), nothing is taken as
independent.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.config_loader import ConfigLoader
from hydra.core.default_element import ResultDefault
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import MissingConfigException
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig

HYDRA = "hydra"


class IndependentPart(NamedTuple):
    """Overrides that decide together about keys of their own.

    Attributes:
        columns: their positions in a job.
        keys: the top-level keys that they decide about.
        choices: the choices of groups that they decide about.
    """

    columns: tuple[int, ...]
    keys: frozenset[str]
    choices: frozenset[str]

    def joined(self, other: "IndependentPart") -> "IndependentPart":
        """Return the two as one."""
        return IndependentPart(
            self.columns + other.columns, self.keys | other.keys, self.choices | other.choices
        )


class _Defaults(NamedTuple):
    """The files of a defaults list by place and package, and the choice of each group."""

    files: dict[tuple[str, str], ResultDefault]
    choices: dict[str, Any]


class _UnclearError(Exception):
    """A defaults list makes groups depend on each other, or may do so."""


def changed(job: Sequence[str], lines: Mapping[int, str]) -> list[str]:
    """Return a job with other overrides in some positions."""
    return [lines.get(n, line) for n, line in enumerate(job)]


def values_of_their_own(loader: ConfigLoader, columns: Sequence[Sequence[Override]]) -> set[int]:
    """Return the positions of overrides that set one value, which no other override touches.

    Args:
        loader: Hydra's.
        columns: the overrides of each position in all jobs.
    """
    every = [overrides[0] for overrides in columns]
    groups = {n for n, override in enumerate(every) if _is_group(loader, override)}
    below = {n: f"{override.key_or_group}." for n, override in enumerate(every) if n not in groups}
    return {
        n
        for n, key in below.items()
        if all(_is_value(override) for override in columns[n])
        and not key.startswith(f"{HYDRA}.")
        and not any(
            key.startswith(other) or other.startswith(key) for m, other in below.items() if m != n
        )
    }


def _is_group(loader: ConfigLoader, override: Override) -> bool:
    return "." not in override.key_or_group and bool(
        loader.get_group_options(override.key_or_group)
    )


def _is_value(override: Override) -> bool:
    """Return whether an override replaces a single value, which a later one can undo."""
    return not (
        override.is_add()
        or override.is_force_add()
        or override.is_delete()
        or isinstance(override.value(), dict)
    )


def independent_parts(
    loader: ConfigLoader,
    master: DictConfig,
    first: Sequence[str],
    columns: Sequence[Sequence[str]],
    options: Sequence[int],
) -> list[IndependentPart] | None:
    """Return the parts that the overrides at the positions `options` form.

    Args:
        loader: Hydra's.
        master: the configuration of the sweep.
        first: a job.
        columns: the overrides of each position in all jobs.
        options: the positions to judge.

    Returns:
        The parts; None if the overrides must be composed together.
    """
    look = _Look(loader, master)
    try:
        usual = look.files(first)
        parts: list[IndependentPart] = []
        for n in options:
            part = look.part(n, first, columns[n], usual)
            for other in [other for other in parts if _meet(part, other)]:
                parts.remove(other)
                part = part.joined(other)
            parts.append(part)
    except _UnclearError:
        return None
    return None if any(HYDRA in part.keys for part in parts) else parts


def _meet(one: IndependentPart, other: IndependentPart) -> bool:
    return bool(one.keys & other.keys or one.choices & other.choices)


class _Look:
    """Looks up which files and keys an override brings in.

    Args:
        loader: Hydra's.
        master: the configuration of the sweep.
    """

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        assert isinstance(loader, ConfigLoaderImpl)
        self._name = master.hydra.job.config_name
        self._hydra = list(master.hydra.overrides.hydra)
        # as Hydra does for one configuration; only composing would change what the files hold
        self._files = CachingConfigRepository(loader.repository)
        self._parser = OverridesParser.create()

    def files(self, job: Sequence[str]) -> _Defaults:
        """Return the files of the defaults list, and the choice of each group.

        Raises:
            _UnclearError: a defaults list refers to a choice, or a file is in a folder of
                hydra.searchpath, which only Hydra knows.
        """
        overrides = self._parser.parse_overrides([*self._hydra, *job])
        try:
            found = create_defaults_list(
                self._files, self._name, overrides, prepend_hydra=True, skip_missing=False
            )
        except MissingConfigException as error:
            raise _UnclearError from error
        if any("${" in str(self._content(file).defaults_list) for file in found.defaults):
            raise _UnclearError
        return _Defaults(
            {(str(file.config_path), str(file.package)): file for file in found.defaults},
            dict(found.overrides.known_choices),
        )

    def part(
        self, column: int, first: Sequence[str], lines: Sequence[str], usual: _Defaults
    ) -> IndependentPart:
        """Return what the overrides of one position decide about.

        Raises:
            _UnclearError: a file that they bring in overrides a group.
        """
        key = lines[0].partition("=")[0].lstrip("+~")
        keys, choices = {re.split("[@/.]", key)[0]}, set[str]()
        for line in (line for line in lines if line != first[column]):
            there = self.files(changed(first, {column: line}))
            choices |= {name for name, _ in there.choices.items() ^ usual.choices.items()}
            for place in there.files.keys() ^ usual.files.keys():
                file = there.files[place] if place in there.files else usual.files[place]
                if any(
                    default.is_override() for default in self._content(file).defaults_list or []
                ):
                    raise _UnclearError
                keys |= self._top_level(file)
        return IndependentPart((column,), frozenset(keys), frozenset(choices))

    def _top_level(self, file: ResultDefault) -> set[str]:
        """Return the top-level keys that a file sets."""
        config = self._content(file).config
        return {file.package.split(".")[0]} if file.package else set(map(str, config))

    def _content(self, file: ResultDefault) -> ConfigResult:
        result = self._files.load_config(str(file.config_path))
        assert result is not None  # it is in a defaults list
        return result
