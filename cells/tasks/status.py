"""The progress of cells: `run.py task=status`, or `run.py -m task=status <grid>` for a grid."""

import math
import time
from collections.abc import Callable
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich import get_console

import checks
from cells.planning.state_tables import as_json, lines_of
from cells.planning.states import State, states_in, states_of
from errors import InputError

FORMATS = ("table", "json")
SHOWN = ("open", "all")
DAY = 86_400
_grid: list[tuple[DictConfig, Path, str]] = []
"""Task, output directory and name of the cells of this process's sweep, until its end."""


def show_status(cfg: DictConfig) -> float:
    """Show the states of all cells; in a sweep, note one cell, and let the sweep's end show all.

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
    output_dir = Path(cfg.output_dir)
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        _grid.append((cfg.task if not _grid else _grid[0][0], output_dir, cfg.cell))
    else:
        _show(cfg.task, lambda: states_in(output_dir))
    return math.nan


def show_grid() -> None:
    """Show the cells of the sweep, if it asked for their states."""
    if not _grid:
        return
    task, output_dir = _grid[0][0], _grid[0][1]
    names = [name for _, _, name in _grid]
    _grid.clear()
    _show(task, lambda: states_of(output_dir, names))


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
