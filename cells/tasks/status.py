"""The progress of cells: `run.py task=status`, or `run.py -m task=status <grid>` for a grid."""

import math
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from omegaconf import DictConfig
from rich import get_console

import checks
from cells.planning.plan import PlannedCell
from cells.planning.state_tables import as_json, lines_of
from cells.planning.states import State, states_in, states_of
from errors import InputError

FORMATS = ("table", "json")
SHOWN = ("open", "all")
DAY = 86_400


def show_status(cfg: DictConfig, grid: Sequence[PlannedCell] | None = None) -> float:
    """Show the states of cells.

    Args:
        cfg: the configuration.
        grid: the cells of a sweep; None: all cells in the output directory.

    Raises:
        InputError: a key of the task has a value that it cannot have.
    """
    checks.choice("task.format", cfg.task.format, FORMATS)
    checks.choice("task.cells", cfg.task.cells, SHOWN)
    if cfg.task.watch is not None:
        allowed = f"seconds, more than 0 and at most a day ({DAY}), or null"
        checks.real("task.watch", cfg.task.watch, allowed, 0, DAY, open_low=True)
        if cfg.task.format == "json":
            raise InputError("task.watch with task.format=json: watch a table, or ask for JSON.")
    _show(cfg.task, lambda: states_in(Path(cfg.output_dir)) if grid is None else _states(grid))
    return math.nan


def _states(grid: Sequence[PlannedCell]) -> list[State]:
    return [
        state
        for output_dir, cells in groupby(grid, lambda cell: cell.output_dir)
        for state in states_of(output_dir, (cell.name for cell in cells))
    ]


def _show(task: DictConfig, look: Callable[[], list[State]]) -> None:
    console = get_console()
    while True:
        found = look()
        if task.format == "json":
            console.out(as_json(found), highlight=False)
            return
        if task.watch is not None:
            console.clear()
        for line in lines_of(found, every=task.cells == "all"):
            console.print(line, soft_wrap=True)
        if task.watch is None or all(state.state == "done" for state in found):
            return
        time.sleep(task.watch)
