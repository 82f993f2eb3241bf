"""Processes that a local launcher starts for the cells of a sweep: they end when the sweep does.

The sweep hands a signal on and waits for the cells to stop; a worker that has received one starts
no further cell. A worker also watches the sweep's process and stops by itself when that is gone.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cells.sweep.signals import Interruption, hand_on

PARENT = "RETRIEVAL_SWEEP_PROCESS"
"""Environment variable with the process that a local sweep's workers belong to."""
GRACE = 7.0
"""Seconds that a cell has for its step and its checkpoint."""
_idle = threading.Event()
_stopping: list[Interruption] = []
"""The worker's own wait for signals between cells, which lasts as long as its process."""


def announce() -> None:
    """Let processes that are started from here know that they belong to this one."""
    os.environ[PARENT] = str(os.getpid())


@contextmanager
def gathered() -> Iterator[None]:
    """Around a launch: a signal stops all workers, those that do not stop in time by force.

    Raises:
        Interrupted: after a signal, when the workers have stopped.
    """
    with Interruption(_end_later) as interruption, interruption.held():
        yield


def _end_later() -> None:
    timer = threading.Timer(GRACE, _end_now)
    timer.daemon = True
    timer.start()


def _end_now() -> None:
    for child in multiprocessing.active_children():
        hand_on(signal.SIGKILL, child.pid)


def is_worker() -> bool:
    """Return whether a local launcher started this process."""
    return os.environ.get(PARENT, str(os.getpid())) != str(os.getpid())


def told_to_stop() -> bool:
    """Return whether a worker got a signal; the first call lets it get them between cells."""
    if not _stopping:
        between = Interruption()
        between.__enter__()
        between.hold()
        _stopping.append(between)
        stop_with(int(os.environ[PARENT]))
    return _stopping[0].requested


@contextmanager
def busy() -> Iterator[None]:
    """Around a worker's cell: one that stops because its sweep is gone waits for its end."""
    _idle.clear()
    try:
        yield
    finally:
        _idle.set()


def stop_with(parent: int) -> None:
    """Stop this process, as by SIGTERM, when its parent is gone."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    _idle.wait(GRACE)
    os._exit(128 + signal.SIGTERM)
