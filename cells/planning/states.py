"""The states of cells, read from their files, locks and records of failures.

Nothing heavy is imported and nothing is written.
"""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from cells.configuration.names import flat_name
from cells.record import failures
from cells.record.lock import LOCKS, lock_file, owner
from cells.record.owned_files import LAST_FILES
from cells.record.written_scores import SCORES, read_scores
from errors import InputError

STATES = ("done", "running", "interrupted", "failed", "damaged", "missing")


class State(NamedTuple):
    """The state of a cell.

    Attributes:
        cell: its name.
        state: done, running, interrupted (started, but nobody runs it), failed, damaged (done, but
            scores.json is not readable) or missing.
        detail: who runs it, the failure or the damage.
        seconds: how long it took, if it is done.
    """

    cell: str
    state: str
    detail: str = ""
    seconds: float = math.nan


def states_in(output_dir: Path) -> list[State]:
    """Return the state of every cell that was ever started or failed, by name."""
    failed = {failure.cell for failure in failures.recorded(output_dir)}
    return states_of(output_dir, sorted(failed | set(_started(output_dir))))


def states_of(output_dir: Path, cells: Iterable[str]) -> list[State]:
    """Return the states of cells; the folders of locks and failures are listed once for all."""
    locked = _names(output_dir / LOCKS)
    failed = _names(output_dir / failures.FOLDER)
    return [
        state_of(output_dir, cell, locked=f"{flat}.lock" in locked, failed=f"{flat}.json" in failed)
        for cell, flat in ((cell, flat_name(cell)) for cell in cells)
    ]


def state_of(output_dir: Path, cell: str, *, locked: bool = True, failed: bool = True) -> State:
    """Return the state of a cell.

    Args:
        output_dir: the folder that holds it.
        cell: its name.
        locked: whether it may have a lock.
        failed: whether there may be a record of its failure.
    """
    runner = owner(lock_file(output_dir, cell)) if locked else None
    if runner is not None:
        return State(cell, "running", runner)
    directory = f"{output_dir}/{cell}"
    last = LAST_FILES.get(cell.partition("/")[0], (SCORES,))
    # os.path is ten times as quick as Path
    if any(os.path.exists(f"{directory}/{name}") for name in last):  # noqa: PTH110
        return _done(cell, Path(directory)) if SCORES in last else State(cell, "done")
    failure = failures.of(output_dir, cell) if failed else None
    if failure is not None:
        return State(cell, "failed", f"{failure.error} ({failure.time})")
    return State(cell, "interrupted" if Path(directory, "config.yaml").exists() else "missing")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _started(output_dir: Path) -> Iterator[str]:
    """Yield the names of the directories that hold a configuration."""
    for folder, below, files in os.walk(output_dir):
        if "config.yaml" in files:
            yield str(Path(folder).relative_to(output_dir))
            below.clear()
        else:
            below[:] = [name for name in below if not name.startswith(".")]


def _done(cell: str, directory: Path) -> State:
    try:
        seconds = read_scores(directory).get("wall_seconds", {})
        return State(cell, "done", seconds=float(sum(seconds.values())) if seconds else math.nan)
    except InputError as error:
        return State(cell, "damaged", str(error))
    except (AttributeError, TypeError, ValueError):
        return State(cell, "done")  # its measures are whole, its times are not


def remaining_seconds(found: Sequence[State]) -> float | None:
    """Return an estimate of the remaining work, one cell at a time.

    Each cell that is not done is assumed to take the mean time of the done cells.
    """
    took = [state.seconds for state in found if not math.isnan(state.seconds)]
    left = sum(state.state != "done" for state in found)
    return mean(took) * left if took else None
