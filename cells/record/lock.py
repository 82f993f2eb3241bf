"""The lock of a cell: at most one command runs it.

It is a kernel lock (`flock`), which dies with its owner, whatever the signal, and is never stale.
The lock file names the owner; a file without a living owner means nothing and is taken over.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cells.configuration.names import flat_name

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
    descriptor = _acquire(path)
    try:
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(owner).encode(), 0)
        yield
    finally:
        # before the release: whoever has opened it sees that it is gone and creates another
        path.unlink(missing_ok=True)
        os.close(descriptor)


def owner(path: Path) -> str | None:
    """Return a description of the owner of the lock; None if nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        return _described(descriptor) if not _taken(descriptor) else None
    finally:
        os.close(descriptor)


def _acquire(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _taken(descriptor):
            words = _described(descriptor)
            os.close(descriptor)
            raise BusyError(words)
        if _is(path, descriptor):
            return descriptor
        os.close(descriptor)  # the owner has just removed it


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is(path: Path, descriptor: int) -> bool:
    try:
        there, mine = path.stat(), os.fstat(descriptor)
    except FileNotFoundError:
        return False
    return (there.st_ino, there.st_dev) == (mine.st_ino, mine.st_dev)


def _described(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {owner['pid']} on {owner['host']} since {owner['since']}"
    except (ValueError, TypeError, LookupError):
        return "another process"  # which has not written its name yet
