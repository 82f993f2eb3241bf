"""The plan of a sweep in a few lines: cells, hours, disk and jobs."""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from omegaconf import DictConfig

from cells.planning.plan import PlannedCell, SweepPlan
from cells.planning.states import STATES, states_of
from cells.record.owned_files import not_kept
from cells.record.written_scores import SCORES, read_scores
from cells.sweep.outside_causes import in_bytes
from cells.sweep.slurm_limits import array_limit
from errors import InputError
from terminal import in_words

ENOUGH = 20
"""Finished cells of a kind that an estimate takes into account."""
WORDS = {
    "interrupted": "continue",
    "failed": "failed before",
    "running": "run elsewhere",
    "damaged": "damaged",
}


class ExpectedCost(NamedTuple):
    """What cells are expected to take.

    Attributes:
        seconds: time of work, one cell at a time.
        size: bytes on the disk.
        unknown: the number of cells about whose kind nothing is known.
    """

    seconds: float
    size: float
    unknown: int


def lines_of_plan(plan: SweepPlan, master: DictConfig) -> Iterator[str]:
    """Yield what a sweep will do.

    Args:
        plan: its cells.
        master: its configuration.
    """
    left = plan.open_cells
    total = len(plan.cells)
    noun = "cell" if total == 1 else "cells"
    yield f"{total} {noun}: {total - len(left)} finished, {_to_run(left)}"
    if not left:
        return
    if master.dry_run:
        yield from (f"  {cell.name}" for cell in left)
    cost = cost_of(left, master.keep)
    if cost.unknown < len(left):
        but = f" (nothing is known of {cost.unknown} cells)" if cost.unknown else ""
        yield (
            f"by finished cells of the same data set and model: {in_words(cost.seconds)} of work"
            f"{_of_gpus(cost.seconds, master.hydra.launcher)}, {in_bytes(cost.size)} of disk{but}"
        )
    elif master.dry_run:
        yield "no cell of this kind is finished, so the time that they take is not known"
    yield from _shared_out(len(left), master.hydra.launcher)
    if master.dry_run:
        yield "dry_run=true: nothing was launched"


def _to_run(left: Sequence[PlannedCell]) -> str:
    found: Counter[str] = Counter()
    for folder in {cell.output_dir for cell in left}:
        names = [cell.name for cell in left if cell.output_dir == folder]
        found.update(state.state for state in states_of(folder, names))
    said = [f"{found[state]} {WORDS[state]}" for state in STATES if found[state] and state in WORDS]
    return f"{len(left)} to run" + (f" ({', '.join(said)})" if said else "")


def _of_gpus(seconds: float, launcher: DictConfig) -> str:
    """Return the hours of GPUs that SLURM gives to the work, to be read after its amount."""
    devices = int(launcher.get("gpus_per_node") or 0) * int(launcher.get("nodes") or 1)
    return f" ({in_words(seconds * devices)} of GPUs)" if devices else ""


def _shared_out(count: int, launcher: DictConfig) -> Iterator[str]:
    """Yield how the launcher shares the cells out, unless they run one after the other."""
    if "array_parallelism" in launcher:
        jobs = math.ceil(count / (launcher.get("cells_per_job") or 1))
        arrays = math.ceil(jobs / array_limit(launcher.get("max_array_size")))
        at_once = min(jobs, launcher.array_parallelism or jobs)
        yield f"{_counted(jobs, 'job')} in {_counted(arrays, 'array')}, {at_once} at once"
        return
    at_once = min(int(launcher.get("n_jobs") or 1), count)
    if at_once < 0:
        yield "as many cells at once as there are cores"
    elif at_once > 1:
        yield f"{at_once} cells at once"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def cost_of(cells: Sequence[PlannedCell], keep: Collection[str]) -> ExpectedCost:
    """Return what cells are expected to take, by finished ones of their data set and model.

    Args:
        cells: the cells.
        keep: what they keep; the finished ones may have kept more.
    """
    kinds = Counter(cell.output_dir.joinpath(*cell.name.split("/")[:2]) for cell in cells)
    costs = [(count, _cost_of_kind(folder, keep)) for folder, count in kinds.items()]
    known = [(count, cost) for count, cost in costs if cost is not None]
    return ExpectedCost(
        sum(count * cost[0] for count, cost in known),
        sum(count * cost[1] for count, cost in known),
        sum(count for count, cost in costs if cost is None),
    )


def _cost_of_kind(folder: Path, keep: Collection[str]) -> tuple[float, float] | None:
    """Return mean seconds and bytes of finished cells in a folder."""
    found = []
    for file in islice(folder.glob(f"*/*/*/{SCORES}"), ENOUGH):
        try:
            seconds = read_scores(file.parent)["wall_seconds"]
            found.append((sum(seconds.values()), _size(file.parent, keep)))
        except (InputError, LookupError, TypeError, AttributeError):
            continue
    return (mean(each[0] for each in found), mean(each[1] for each in found)) if found else None


def _size(directory: Path, keep: Collection[str]) -> int:
    dropped = not_kept(directory, keep)
    files = (path for path in directory.rglob("*") if path.is_file() and path not in dropped)
    return sum(path.lstat().st_size for path in files)
