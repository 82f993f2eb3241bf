"""The cells below an output directory: finished, unfinished and damaged ones.

Nothing is written and no lock is taken, so a report can be made while a sweep runs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cells.planning.states import State, state_of
from cells.record import failures
from cells.record.coordinates import Coordinates, coordinates_of
from cells.record.written_scores import SCORES, WRITTEN, read_scores
from errors import InputError
from reporting.reading.config_file import read_config_file
from reporting.reading.filters import passes, unmatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class FinishedCell:
    """A finished cell, which has scores.

    Attributes:
        name: what its configuration calls it, `<dataset>/<model>/<loss>/<noise>-<ratio>/seed-<n>`.
        directory: the folder with its files.
        dataset: name of the collection.
        model: name of the model.
        loss: name of the loss, with its variant if it has one.
        noise: name of the noise model.
        ratio: the noise ratio.
        seed: the seed.
        variant: the word in its loss for what else is different; None without one.
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
    variant: str | None
    scores: Mapping[str, Any]

    @property
    def loss_without_variant(self) -> str:
        """Name of the loss, without its variant."""
        return self.loss if self.variant is None else self.loss.removesuffix(f"-{self.variant}")

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

    def written(self, name: str) -> str | None:
        """Return the hash of one of its files as it was written; None: not known."""
        hashes = self.scores.get(WRITTEN)
        return hashes.get(name) if isinstance(hashes, dict) else None

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.directory / name


class CellProblem(NamedTuple):
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
    corrupt: list[CellProblem]
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
    read: dict[str | Coordinates, Path] = {}
    for directory in _directories(output_dir):
        config = _config(directory)
        if isinstance(config, CellProblem):
            cells.corrupt.append(config)
            continue
        place = config.place
        if place is None or not passes(place, filters):
            continue
        found = _read(output_dir, directory, config.name, place)
        if isinstance(found, FinishedCell):
            found = _repeated(found, place, read) or found
        if isinstance(found, FinishedCell):
            read |= {found.name: directory, place: directory}
            cells.finished.append(found)
        elif isinstance(found, State):
            cells.incomplete.append(found)
        else:
            cells.corrupt.append(found)
    cells.incomplete.extend(_never_started(output_dir, filters))
    cells.finished.sort(key=lambda cell: cell.name)
    places = [key for key in read if isinstance(key, Coordinates)]
    cells.unmatched.extend(unmatched(places, filters))
    return cells


def _repeated(
    cell: FinishedCell, place: Coordinates, read: Mapping[str | Coordinates, Path]
) -> CellProblem | None:
    """Return what is wrong with a cell that would count as another seed of one that was read."""
    if cell.name in read:
        reason = f"the same cell as {read[cell.name]}: remove one of them"
    elif place in read:
        reason = (
            f"the same dataset, model, loss, noise and seed as {read[place]}: give one of them "
            "another variant, or remove it"
        )
    else:
        return None
    return CellProblem(str(cell.directory), reason)


class _Config(NamedTuple):
    """What a cell's config.yaml says of it; `place` is None for a cell that was not trained."""

    name: str
    place: Coordinates | None


def _config(directory: Path) -> _Config | CellProblem:
    try:
        config = read_config_file(directory / "config.yaml")
        return _Config(str(config.get("cell")), coordinates_of(config))
    except InputError as error:
        return CellProblem(str(directory), str(error))


def _directories(output_dir: Path) -> Iterator[Path]:
    """Yield folders with a config.yaml, in the order of their names, without looking below one."""
    for parent, folders, files in os.walk(output_dir):
        if "config.yaml" not in files:
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            continue
        folders.clear()
        yield Path(parent)


def _read(
    output_dir: Path, directory: Path, name: str, place: Coordinates
) -> FinishedCell | State | CellProblem:
    if not (directory / SCORES).exists():
        return _state(output_dir, directory, name)
    try:
        scores = read_scores(directory)
    except InputError as error:
        return CellProblem(name, str(error).removeprefix(f"{directory}/"))
    data = scores.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("fingerprint"), str):
        return CellProblem(
            name, f"{SCORES} does not say which data it was scored on (data.fingerprint)"
        )
    return FinishedCell(name, directory, *place, scores)


def _state(output_dir: Path, directory: Path, name: str) -> State:
    """Return the state of a cell; its lock lies in its sweep's folder, above or below this one."""
    whole = directory.resolve()
    if whole.as_posix().endswith(f"/{name}"):
        return state_of(whole.parents[name.count("/")], name)
    return state_of(output_dir, str(directory.relative_to(output_dir)))  # it was moved


def _never_started(output_dir: Path, filters: Mapping[str, Sequence[str]]) -> Iterator[State]:
    """Yield the cells that failed before they had a directory."""
    for failure in failures.recorded(output_dir):
        if _passes(failure, filters) and not (output_dir / failure.cell / "config.yaml").exists():
            yield state_of(output_dir, failure.cell)


def _passes(failure: failures.Failure, filters: Mapping[str, Sequence[str]]) -> bool:
    """Return whether the filters allow a failed cell; without coordinates, only no filter does."""
    try:
        return not filters or passes(Coordinates(**(failure.place or {})), filters)
    except TypeError:
        return False
