"""history.csv of the cells of a group, averaged over its seeds."""

from __future__ import annotations

import csv
import logging
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from reporting.statistics.groups import Group

log = logging.getLogger(__name__)


class History(NamedTuple):
    """The course of training, epoch by epoch.

    Attributes:
        epochs: number of epochs E that all seeds reached.
        seeds: number of seeds whose history could be read.
        columns: mean over seeds of each column of history.csv [E]; NaN where a seed has no value,
            e.g. the precision of a detector that has detected nothing.
    """

    epochs: int
    seeds: int
    columns: Mapping[str, NDArray[np.float64]]


def mean_history(group: Group) -> History | None:
    """Return the mean history of a group's cells that can be read; None if none can."""
    read = [history for cell in group.cells if (history := _read(cell.file("history.csv")))]
    if not read:
        return None
    epochs = min(len(next(iter(columns.values()))) for columns in read)
    shared = [name for name in read[0] if all(name in columns for columns in read)]
    return History(
        epochs,
        len(read),
        {name: np.mean([columns[name][:epochs] for columns in read], axis=0) for name in shared},
    )


def _read(path: Path) -> dict[str, NDArray[np.float64]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return (
            {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}
            if rows
            else {}
        )
    except (OSError, ValueError, TypeError) as error:
        log.info("%s is left out of the learning curves: it cannot be read (%s)", path, error)
        return {}
