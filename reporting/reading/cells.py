"""The cells below an output directory: finished, unfinished and damaged ones.

Nothing is written and no lock is taken, so a report can be made while a sweep runs.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cells.record import failures
from cells.record.coordinates import PARTS, Coordinates, coordinates_of
from cells.tasks.status import State, state_of
from errors import InputError
from reporting.reading.filters import passes, unmatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class FinishedCell:
    """A finished cell, which has scores.

    Attributes:
        name: `<dataset>/<model>/<loss>/<noise>-<ratio>/seed-<n>`.
        directory: the folder with its files.
        dataset: name of the collection.
        model: name of the model.
        loss: name of the loss, with its variant if it has one.
        noise: name of the noise model.
        ratio: the noise ratio.
        seed: the seed.
        scores: content of its scores.json.
    """

    name: str
    directory: Path
    dataset: str
    model: str
    loss: str
    noise: str
    ratio: float
    seed: int
    scores: Mapping[str, Any]

    @property
    def measures(self) -> Mapping[str, float]:
        """Mean of each measure on the test split."""
        measures: Mapping[str, float] = self.scores["measures"]
        return measures

    @property
    def fingerprint(self) -> str:
        """Hash of the collection it was scored on: documents, queries and judgements."""
        fingerprint: str = self.scores["data"]["fingerprint"]
        return fingerprint

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.directory / name


class Problem(NamedTuple):
    """A cell that cannot be used.

    Attributes:
        cell: its name.
        reason: what is wrong with it.
    """

    cell: str
    reason: str


class Cells(NamedTuple):
    """The cells below an output directory, filtered.

    Attributes:
        finished: cells with scores, by name.
        incomplete: cells that are running, interrupted or failed.
        corrupt: finished cells whose files are damaged.
        unmatched: filter values that no finished cell has.
    """

    finished: list[FinishedCell]
    incomplete: list[State]
    corrupt: list[Problem]
    unmatched: list[str]


def read_cells(output_dir: Path, filters: Mapping[str, Sequence[str]] | None = None) -> Cells:
    """Read scores.json of every finished cell; skip directories that are not trained cells.

    Args:
        output_dir: the folder of a sweep, or a folder above or below it.
        filters: from `parse_filters`.

    Raises:
        InputError: if the folder does not exist.
    """
    if not output_dir.is_dir():
        raise InputError(
            f"{output_dir} is not a folder: give the output_dir of a sweep, e.g. outputs/."
        )
    filters = filters or {}
    cells = Cells([], [], [], [])
    read: dict[str, Path] = {}
    places: list[Coordinates] = []
    for directory, place in _directories(output_dir):
        if not passes(place, filters):
            continue
        found = _read(output_dir, directory, place)
        if isinstance(found, FinishedCell) and found.name in read:
            found = Problem(
                str(directory), f"the same cell as {read[found.name]}: remove one of them"
            )
        if isinstance(found, FinishedCell):
            read[found.name] = directory
            places.append(place)
            cells.finished.append(found)
        elif isinstance(found, State):
            cells.incomplete.append(found)
        else:
            cells.corrupt.append(found)
    cells.incomplete.extend(_never_started(output_dir, filters))
    cells.finished.sort(key=lambda cell: cell.name)
    cells.unmatched.extend(unmatched(places, filters))
    return cells


def _directories(output_dir: Path) -> Iterator[tuple[Path, Coordinates]]:
    """Yield folders with a config.yaml, in the order of their names, without looking below one."""
    for parent, folders, files in os.walk(output_dir):
        if "config.yaml" not in files:
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            continue
        folders.clear()
        place = coordinates_of(Path(parent).resolve().parts)
        if place is not None:
            yield Path(parent), place


def _read(output_dir: Path, directory: Path, place: Coordinates) -> FinishedCell | State | Problem:
    name = "/".join(directory.resolve().parts[-PARTS:])
    try:
        content = (directory / "scores.json").read_text(encoding="utf-8")
        scores = json.loads(content)
    except FileNotFoundError:
        return state_of(output_dir, str(directory.relative_to(output_dir)))
    except (OSError, ValueError) as error:
        return Problem(name, f"scores.json cannot be read ({error})")
    reason = _fault(scores)
    return (
        FinishedCell(name, directory, *place, scores)
        if reason is None
        else Problem(name, f"scores.json {reason}")
    )


def _fault(scores: object) -> str | None:
    """Return what is wrong with the content of a scores.json."""
    if (
        not isinstance(scores, dict)
        or not isinstance(scores.get("measures"), dict)
        or not scores["measures"]
    ):
        return "holds no measures"
    for measure, value in scores["measures"].items():
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            return f"says {measure} is {value}, which is not a finite number"
    data = scores.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("fingerprint"), str):
        return "does not say which data it was scored on (data.fingerprint)"
    return None


def _never_started(output_dir: Path, filters: Mapping[str, Sequence[str]]) -> Iterator[State]:
    """Yield the cells that failed before they had a directory."""
    for failure in failures.recorded(output_dir):
        place = coordinates_of(failure.cell.split("/"))
        if (
            place is not None
            and passes(place, filters)
            and not (output_dir / failure.cell / "config.yaml").exists()
        ):
            yield state_of(output_dir, failure.cell)
