"""Output on the terminal: progress of long work, and less noise from other libraries."""

import io
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from types import TracebackType
from typing import Any, TypeVar

Item = TypeVar("Item")
MINUTE = 60.0

log = logging.getLogger(__name__)


def track(iterable: Iterable[Item], description: str, total: float | None = None) -> Iterator[Item]:
    """Pass the items of `iterable` through and show how many have passed.

    A bar is drawn only on a terminal; elsewhere a line a minute is logged. Of several processes
    that train together, only the first one does so.

    Args:
        iterable: the work; it is consumed one item at a time.
        description: what is being done, for example `Encoding documents`.
        total: number of items, if `iterable` has no length.

    Yields:
        The items, unchanged.
    """
    from rich import get_console  # imported here, since only long work needs it
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    # the console of Lightning's bar, so that bars nest instead of overwriting each other
    console = get_console()
    if _is_secondary_process():
        yield from iterable
        return
    if not console.is_terminal:
        yield from _logged(iterable, Pulse(description, total or _length(iterable)))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(iterable, total=total, description=description)


class Pulse:
    """Logs at most once a minute how far long work is, so that a log without a bar is not silent.

    Args:
        description: what is being done.
        total: number of items; None: not known.
        start: items that were done before, by an interrupted process.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        description: str,
        total: float | None,
        *,
        start: float = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._description, self._total, self._start, self._clock = description, total, start, clock
        self._began = self._said = clock()

    def at(self, done: float, place: str = "") -> None:
        """Take note of the number of items that are done, and where in the work this is."""
        now = self._clock()
        if now - self._said < MINUTE:
            return
        self._said = now
        if not self._total:
            log.info("%s%s: %s done", self._description, place, f"{done:,.0f}")
            return
        left = time_left(now - self._began, done - self._start, self._total - done)
        share = 100 * done / self._total
        log.info("%s%s: %.0f %%, about %s left", self._description, place, share, in_words(left))


def time_left(seconds: float, done: float, left: float) -> float:
    """Return how long the items that are left will take, as long as those done took each.

    Args:
        seconds: how long the work has taken.
        done: items that were done in that time; none count as one.
        left: items that are left.
    """
    return seconds * left / max(done, 1)


def in_words(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _logged(iterable: Iterable[Item], pulse: Pulse) -> Iterator[Item]:
    for done, item in enumerate(iterable):
        pulse.at(done)
        yield item


def _length(iterable: Iterable[Any]) -> int | None:
    return len(iterable) if isinstance(iterable, Sized) else None


def _is_secondary_process() -> bool:
    """Return whether another process leads this one's distributed training.

    If torch is not loaded, no training is distributed.
    """
    dist = sys.modules.get("torch.distributed")
    return (
        dist is not None and dist.is_available() and dist.is_initialized() and dist.get_rank() > 0
    )


def quiet(library: str) -> None:
    """Silence a library's loggers below the level of warnings.

    The level applies to child loggers too; the filter works even if the library sets the level of
    its logger later.
    """
    logger = logging.getLogger(library)
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_warning)


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def one_line_for_ctrl_c() -> None:
    """End a Ctrl-C in a line, with a shell's status 130; call it before imports that take a second.

    Once a cell runs, its own handling of signals takes over.
    """

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.stderr.write("stopped by Ctrl-C\n")
            sys.exit(128 + signal.SIGINT)
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = show


def any_terminal() -> None:
    """Print `?` for characters that the terminal's encoding lacks, where Python would stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def without_bars() -> None:
    """Switch off libraries' progress bars if there is no terminal; call it before their import."""
    if not sys.stderr.isatty():
        for name in ("TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS"):
            os.environ.setdefault(name, "1")
