"""Records of cells that failed, kept beside the cells: `<output_dir>/.failed/`. A sweep's summary and the status are read from them.

They are files because the cells of a sweep may run in other processes and on other machines.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = ".failed"
SWEEP = "RETRIEVAL_SWEEP"
"""Environment variable with the name of the sweep that a process belongs to; the launchers hand it on."""


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Attributes:
        cell: its name.
        error: the error's last line.
        time: when.
        sweep: the sweep it was part of; empty outside one.
    """

    cell: str
    error: str
    time: str
    sweep: str


def record(output_dir: Path, cell: str, error: Exception) -> Failure:
    """Write down that a cell failed."""
    from data.storage.atomic_files import (
        written_aside,  # the package loads NumPy, and --help passes here
    )

    lines = str(error).strip().splitlines()
    words = f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
    failure = Failure(cell, words, time.strftime("%Y-%m-%d %H:%M:%S"), os.environ.get(SWEEP, ""))
    path = _file(output_dir, cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        aside.write_text(
            json.dumps(asdict(failure), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return failure


def forget(output_dir: Path, cell: str) -> None:
    """Remove the record of a cell, which is tried again."""
    _file(output_dir, cell).unlink(missing_ok=True)


def of(output_dir: Path, cell: str) -> Failure | None:
    """Return the record of a cell, if it has one."""
    path = _file(output_dir, cell)
    return Failure(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def recorded(output_dir: Path) -> Iterator[Failure]:
    """Yield all records, by cell."""
    for path in sorted((output_dir / FOLDER).glob("*.json")):
        yield Failure(**json.loads(path.read_text(encoding="utf-8")))


def of_this_sweep(output_dir: Path) -> list[Failure]:
    """Return the records of the sweep that this process belongs to."""
    sweep = os.environ.get(SWEEP)
    return [failure for failure in recorded(output_dir) if failure.sweep == sweep] if sweep else []


def _file(output_dir: Path, cell: str) -> Path:
    return output_dir / FOLDER / f"{cell.replace('/', '__')}.json"
