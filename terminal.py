"""Progress of long work: a bar on a terminal, nothing elsewhere. Of processes that train together the first one shows it."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def track(iterable: Iterable[Item], description: str, total: float | None = None) -> Iterator[Item]:
    """Pass the items of `iterable` through and show how many have passed.

    Args:
        iterable: the work; it is consumed one item at a time.
        description: what is being done, for example `Encoding documents`.
        total: number of items, where `len(iterable)` cannot tell.

    Yields:
        The items, unchanged.
    """
    from rich import get_console  # here: only long work pays for the import
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    # the console that Lightning's bar uses too, so that bars nest instead of overwriting one
    # another
    console = get_console()
    if not console.is_terminal or _follows():
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


def _follows() -> bool:
    """Whether this is not the first of several processes that train together. If torch is not loaded, there are none."""
    dist = sys.modules.get("torch.distributed")
    return (
        dist is not None and dist.is_available() and dist.is_initialized() and dist.get_rank() > 0
    )
