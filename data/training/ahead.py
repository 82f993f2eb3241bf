"""Work done in a thread before its results are asked for, in the order of the work."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    function: Callable[[Item], Result], items: Iterable[Item], count: int
) -> Iterator[Result]:
    """Yield function(item) of each item; up to `count` results wait while one is being used.

    An error of the function is raised where its result would have been yielded. When the iteration
    is left early, the thread ends after the result that it is working on.

    Args:
        function: called in one other thread, item after item.
        items: read in this thread.
        count: at least 1.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(1, "ahead") as thread:
        waiting: deque[Future[Result]] = deque(
            thread.submit(function, item) for item in islice(remaining, count)
        )
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(thread.submit(function, item) for item in islice(remaining, 1))
                yield result
        finally:
            thread.shutdown(cancel_futures=True)
