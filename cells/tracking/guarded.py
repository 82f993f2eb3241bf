"""A tracker that never costs a result: its error is said once, and the cell goes on."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import Logger

from cells.record.directory import Cell
from cells.tracking.tracker import Tracker
from errors import InputError

log = logging.getLogger(__name__)


def opened(make: Callable[..., Tracker], cell: Cell) -> "GuardedTracker":
    """Return the configured tracker of a cell, opened if that can be done.

    Args:
        make: the configured tracker; takes the cell.
        cell: the cell.

    Raises:
        InputError: for a setting of the tracker that cannot be used.
    """
    tracker: Tracker | None = None
    with _surviving(_warn):
        tracker = make(cell=cell)
    return GuardedTracker(cell, tracker)


class GuardedTracker(Tracker):
    """Hands everything on to a tracker until that raises.

    Args:
        cell: the cell.
        tracker: the tracker; None: there is none to hand on to.
    """

    def __init__(self, cell: Cell, tracker: Tracker | None) -> None:
        super().__init__(cell, 10 if tracker is None else tracker.every_n_steps)
        self._tracker = tracker

    def lightning_logger(self) -> Logger | None:
        """Return the tracker's logger, guarded likewise."""
        logger = self._tried(lambda tracker: tracker.lightning_logger())
        return None if logger is None else GuardedLogger(logger, self._drop)

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Record a table."""
        self._tried(lambda tracker: tracker.table(name, columns, rows))

    def results(self, summary: Mapping[str, object], run: Path) -> None:
        """Record the final values and the run file."""
        self._tried(lambda tracker: tracker.results(summary, run))

    def close(self, *, failed: bool) -> None:
        """Close the record."""
        self._tried(lambda tracker: tracker.close(failed=failed))

    def _tried(self, work: Callable[[Tracker], Any]) -> Any:
        if self._tracker is not None:
            with _surviving(self._drop):
                return work(self._tracker)
        return None

    def _drop(self, error: Exception) -> None:
        if self._tracker is not None:
            _warn(error)
        self._tracker = None


class GuardedLogger(Logger):
    """Hands metrics on to another Lightning logger until that raises.

    Args:
        logger: the other logger.
        drop: told of the error, once.
    """

    def __init__(self, logger: Logger, drop: Callable[[Exception], None]) -> None:
        super().__init__()
        self._logger: Logger | None = logger
        self._drop = drop
        self._name, self._version = logger.name, logger.version

    @property
    def name(self) -> str | None:
        """Return the other logger's name."""
        return self._name

    @property
    def version(self) -> int | str | None:
        """Return the other logger's version."""
        return self._version

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Log metrics."""
        self._tried(lambda logger: logger.log_metrics(metrics, step))

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Log hyper-parameters."""
        self._tried(lambda logger: logger.log_hyperparams(*args, **kwargs))

    def save(self) -> None:
        """Save what is pending."""
        self._tried(lambda logger: logger.save())

    def finalize(self, status: str) -> None:
        """End the record."""
        self._tried(lambda logger: logger.finalize(status))

    def _tried(self, work: Callable[[Logger], None]) -> None:
        if self._logger is not None:
            with _surviving(self._give_up):
                work(self._logger)

    def _give_up(self, error: Exception) -> None:
        self._logger = None
        self._drop(error)


@contextmanager
def _surviving(tell: Callable[[Exception], None]) -> Iterator[None]:
    """Inside the block an error is told, not raised; but a setting that cannot be used is."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a service's client raises
        tell(error)


def _warn(error: Exception) -> None:
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    log.warning("the tracker is given up, and the cell goes on without it: %s", first)
