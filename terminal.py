"""Output on the terminal: progress of long work, and less noise from other libraries."""

import io
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def track(iterable: Iterable[Item], description: str, total: float | None = None) -> Iterator[Item]:
    """Pass the items of `iterable` through and show how many have passed.

    A bar is drawn only on a terminal. Of several processes that train together, the first draws it.

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
    if not console.is_terminal or _is_secondary_process():
        yield from iterable
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
