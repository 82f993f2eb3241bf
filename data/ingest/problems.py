"""The problems of a source, counted while it is read, and their consequences.

Reading always leaves out unusable records and counts them; the user's `on_problem` then decides
whether they cause a warning or an error.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import checks
from errors import InputError

OnProblem: TypeAlias = Literal["drop", "fail"]

SHOWN = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of unusable record.

    Attributes:
        what: what is wrong, phrased after a number, for example `judgements of train name a
            document that is not there`.
        count: how many records.
        examples: the first few of them.
    """

    what: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{self.count} {self.what}: {', '.join(self.examples)}{more}"


class Tally:
    """Counts unusable records by kind and keeps the first five of each."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, what: str, example: str) -> None:
        """Count one record of the kind `what`."""
        self._counts[what] = self._counts.get(what, 0) + 1
        examples = self._examples.setdefault(what, [])
        if len(examples) < SHOWN:
            examples.append(example)

    def problems(self) -> list[Problem]:
        """Return the problems in the order of their first occurrence."""
        return [
            Problem(what, count, tuple(self._examples[what]))
            for what, count in self._counts.items()
        ]

    def listed(self) -> str:
        """Return the problems as the end of a message; empty without any."""
        return "".join(f"\n  left out: {problem}" for problem in self.problems())


def check_on_problem(on_problem: str) -> None:
    """Check the setting before any work.

    Raises:
        InputError: it is neither `drop` nor `fail`.
    """
    checks.choice("dataset.on_problem", on_problem, get_args(OnProblem))


def settle(problems: Sequence[Problem], on_problem: OnProblem, where: str) -> None:
    """Warn of what was left out, or refuse the source because of it.

    Args:
        problems: what reading left out.
        on_problem: `drop` logs a line for each kind, `fail` raises.
        where: the setting and value that name the source, for example `dataset.path=/data/mine`.

    Raises:
        InputError: there are problems and `on_problem` is `fail`.
    """
    if problems and on_problem == "fail":
        listed = "\n  ".join(map(str, problems))
        advice = "Fix them, or set dataset.on_problem=drop to leave them out"
        raise InputError(f"{where} holds records that cannot be used:\n  {listed}\n{advice}")
    for problem in problems:
        log.warning("%s: left out %s", where, problem)
