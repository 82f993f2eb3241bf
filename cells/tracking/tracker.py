"""Trackers follow a cell from outside. The cell's own files are written with any tracker."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pytorch_lightning.loggers import CSVLogger, Logger

from cells.record.directory import Cell


class Tracker(ABC):
    """Follows one cell; a context manager that marks the record failed if an error leaves it.

    Args:
        cell: the cell.
        every_n_steps: how often the training loss is recorded.
    """

    def __init__(self, cell: Cell, every_n_steps: int = 10) -> None:
        self.cell = cell
        self.every_n_steps = every_n_steps

    def __enter__(self) -> Self:
        """Open the record."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the record."""
        self.close(failed=kind is not None)

    @abstractmethod
    def lightning_logger(self) -> Logger | None:
        """Return the logger that the Lightning trainer writes steps and epochs to."""

    @abstractmethod
    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record a table."""

    @abstractmethod
    def results(self, summary: Mapping[str, object], run: Path) -> None:
        """Record the cell's final values and its run file."""

    @abstractmethod
    def close(self, *, failed: bool) -> None:
        """Close the record."""


class LocalTracker(Tracker):
    """Adds to the cell's own files, if asked, the training loss and the learning rate step by step.

    They are in steps/version_n/metrics.csv, with a new version each time the cell is started.

    Args:
        cell: the cell.
        steps: whether the steps are recorded.
        every_n_steps: how often, in steps.
    """

    def __init__(self, cell: Cell, *, steps: bool, every_n_steps: int = 10) -> None:
        super().__init__(cell, every_n_steps)
        self._steps = steps

    def lightning_logger(self) -> Logger | None:
        """Return Lightning's CSV logger, or None."""
        return CSVLogger(self.cell.directory, name="steps") if self._steps else None

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record nothing, since the cell's files hold the content."""

    def results(self, summary: Mapping[str, object], run: Path) -> None:
        """Record nothing, since scores.json and the run file hold the results."""

    def close(self, *, failed: bool) -> None:
        """Close nothing: every file is complete after each write."""
