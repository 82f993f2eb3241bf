"""The progress of cells: `run.py task=status`, or `run.py -m task=status <grid>` for a grid.

Nothing heavy is imported and nothing is written: the state of a cell is read from its files and its
lock.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich import get_console
from rich.markup import escape
from rich.table import Table

from cells.record import failures
from cells.record.lock import lock_file, owner
from cells.record.written_scores import SCORES, read_scores
from errors import InputError

STYLES = {
    "done": "green",
    "running": "cyan",
    "interrupted": "yellow",
    "failed": "red",
    "damaged": "red",
    "missing": "dim",
}
_grid: list["State"] = []  # of the sweep of this process, from its first cell to its end


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


def show_status(cfg: DictConfig) -> float:
    """Show a table of all cells; in a sweep, note one cell, and let the sweep's end show all."""
    output_dir = Path(cfg.output_dir)
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        _grid.append(state_of(output_dir, cfg.cell))
    else:
        show(list(states(output_dir)))
    return math.nan


def show_grid() -> None:
    """Show the cells of the sweep, if it asked for their states."""
    if _grid:
        show(_grid)
        _grid.clear()


def states(output_dir: Path) -> Iterator[State]:
    """Yield the state of every cell that was ever started or failed, by name."""
    started = {str(path.parent.relative_to(output_dir)) for path in output_dir.rglob("config.yaml")}
    for cell in sorted(started | {failure.cell for failure in failures.recorded(output_dir)}):
        yield state_of(output_dir, cell)


def state_of(output_dir: Path, cell: str) -> State:
    """Return the state of one cell."""
    runner = owner(lock_file(output_dir, cell))
    if runner is not None:
        return State(cell, "running", runner)
    if (output_dir / cell / SCORES).exists():
        return _done(cell, output_dir / cell)
    failure = failures.of(output_dir, cell)
    if failure is not None:
        return State(cell, "failed", f"{failure.error} ({failure.time})")
    return State(cell, "interrupted" if (output_dir / cell / "config.yaml").exists() else "missing")


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


def show(found: Sequence[State]) -> None:
    """Print the states, their counts and the estimate."""
    table = Table("cell", "state", "detail")
    for state in found:
        table.add_row(state.cell, f"[{STYLES[state.state]}]{state.state}[/]", escape(state.detail))
    counts = Counter(state.state for state in found)
    line = ", ".join(f"{counts[state]} {state}" for state in STYLES if counts[state]) or "no cells"
    seconds = remaining_seconds(found)
    console = get_console()
    console.print(table)
    console.print(
        f"{line}{f'; about {seconds / 60:.1f} min of work left' if seconds else ''}", soft_wrap=True
    )
