"""The lock of a cell: at most one command runs it.

It is the kernel's lock of a file (filelock), which dies with its owner, whatever the signal, and is
never stale. The file names the owner; a file without a living owner means nothing and is taken
over.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cells.configuration.names import flat_name
from cells.record.directory import Cell
from cells.record.failures import forget

LOCKS = ".locks"


class BusyError(Exception):
    """Another process runs the cell; the message names it."""


def lock_file(output_dir: Path, cell: str) -> Path:
    """Return the path of the lock.

    It is not in the cell's directory, which may be removed and recreated under the lock.
    """
    return output_dir / LOCKS / f"{flat_name(cell)}.lock"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock inside the block and leave no file behind.

    Raises:
        BusyError: if another process holds it.
    """
    lock = _acquired(path)
    try:
        name = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        path.write_text(json.dumps(name), encoding="utf-8")
        yield
    finally:
        # before the release: whoever has opened it sees that it is gone and creates another
        path.unlink(missing_ok=True)
        lock.release()


@contextmanager
def claimed(cell: Cell, *, overwrite: bool) -> Iterator[None]:
    """Hold the lock of a cell inside the block, with its directory claimed and no failure recorded.

    Args:
        cell: the cell.
        overwrite: see `Cell.claim`.

    Raises:
        BusyError: if another process runs the cell.
        InputError: if the directory cannot be claimed.
    """
    output_dir = Path(cell.config["output_dir"])
    with locked(lock_file(output_dir, cell.name)):
        cell.claim(overwrite=overwrite)
        forget(output_dir, cell.name)
        yield


def owner(path: Path) -> str | None:
    """Return a description of the owner of the lock; None if nobody holds it."""
    if not path.exists():
        return None
    lock = FileLock(path)
    try:
        with lock.acquire(timeout=0):
            path.unlink(missing_ok=True)  # left by a process that was killed
            return None
    except Timeout:
        return _described(path)


def _acquired(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            words = owner(path)
            if words is not None:
                raise BusyError(words) from None
        else:
            return lock


def _described(path: Path) -> str | None:
    """Return the owner that the file names; None if the owner has just removed it."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']} since {owner['since']}"
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, LookupError):
        return "another process"  # which has not written its name yet
