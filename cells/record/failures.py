"""Records of failed cells, in `<output_dir>/.failed/`, for the status and the end of a sweep.

They are files because the cells of a sweep may run in other processes and on other machines.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cells.configuration.names import flat_name

FOLDER = ".failed"
SWEEP = "RETRIEVAL_SWEEP"
"""Environment variable with the name of the sweep of a process; launchers pass it on."""


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Attributes:
        cell: its name.
        error: the first line of the error.
        time: when it failed.
        sweep: the sweep it was part of; empty outside a sweep.
        place: its coordinates, as `cells.record.coordinates.Coordinates` names them; None where
            the configuration does not give them.
        readable: whether the record is what was written; if not, the sweep is not known.
    """

    cell: str
    error: str
    time: str
    sweep: str
    place: Mapping[str, Any] | None = None
    readable: bool = True


def record(
    output_dir: Path, cell: str, error: Exception, place: Mapping[str, Any] | None = None
) -> Failure:
    """Record that a cell failed."""
    from data.storage.atomic_files import (
        written_aside,  # the package loads NumPy, and --help passes here
    )

    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    failure = Failure(cell, in_a_line(error), moment, os.environ.get(SWEEP, ""), place)
    content = {key: value for key, value in asdict(failure).items() if key != "readable"}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    for folder in (output_dir, _elsewhere(output_dir)):
        path = _file(folder, cell)
        with suppress(OSError):  # the failure may be that nothing can be written there
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_aside(path) as aside:
                aside.write_text(text, encoding="utf-8")
            break
    return failure


def in_a_line(error: Exception) -> str:
    """Return an error's kind and first line, or two lines where the first announces the second."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    announced = len(lines) > 1 and lines[0].endswith(":")
    return ": ".join([type(error).__name__, " ".join(lines[: 1 + announced])]).removesuffix(": ")


def forget(output_dir: Path, cell: str) -> None:
    """Remove the record of a cell that is tried again."""
    for folder in (output_dir, _elsewhere(output_dir)):
        if (record := _file(folder, cell)).exists():
            record.unlink()


def of(output_dir: Path, cell: str) -> Failure | None:
    """Return the record of a cell, if any."""
    path = _file(output_dir, cell)
    return _read(path, cell) if path.exists() else None


def recorded(output_dir: Path) -> Iterator[Failure]:
    """Yield all records, by cell."""
    for path in sorted((output_dir / FOLDER).glob("*.json")):
        yield _read(path, path.stem.replace("__", "/"))


def of_this_sweep(output_dir: Path) -> list[Failure]:
    """Return the records of this process's sweep, and unreadable ones, which may belong to it."""
    sweep = os.environ.get(SWEEP)
    if not sweep:
        return []
    return [
        failure
        for folder in (output_dir, _elsewhere(output_dir))
        for failure in recorded(folder)
        if failure.sweep == sweep or not failure.readable
    ]


def _read(path: Path, cell: str) -> Failure:
    """Return the record; for a damaged one, the cell in its name and what is wrong."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        name, words, moment, sweep = (
            "".join(content[key]) for key in ("cell", "error", "time", "sweep")
        )
        place = content.get("place")
        return Failure(name, words, moment, sweep, place if isinstance(place, dict) else None)
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        advice = "remove that file, or run the cell again"
        why = f"it failed, but {path} cannot be read ({error}); {advice}"
        return Failure(cell, why, "time unknown", "", readable=False)


def _elsewhere(output_dir: Path) -> Path:
    """Return the folder for the records of an output directory that cannot be written."""
    name = blake2b(str(output_dir.absolute()).encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"retrieval-failures-{os.getuid()}" / name


def _file(output_dir: Path, cell: str) -> Path:
    return output_dir / FOLDER / f"{flat_name(cell)}.json"
