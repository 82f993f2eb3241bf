"""A folder cache addressed by content, shared safely by parallel processes.

A cached folder is built under a temporary name and a lock, flushed to disk and renamed. A folder
with its final name is therefore complete, whatever was killed. The lock is a kernel lock (`flock`),
which dies with its owner and is never stale.
"""

import errno
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

from filelock import FileLock, Timeout

from data.storage.file_hashes import hash_of
from errors import InputError

JsonValue: TypeAlias = (
    "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)

KEY_FILE = "key.json"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

log = logging.getLogger(__name__)


class Cache:
    """Derived files under one root: `root/<kind>/<hash of the key>/`.

    Args:
        root: the folder that holds the cache; made if it is missing.
        frozen: whether it is only read; nothing is built or downloaded, and a missing folder is an
            error.

    Attributes:
        root: the folder, absolute.
        frozen: whether it is only read.

    Raises:
        InputError: the root cannot be made.
    """

    def __init__(self, root: Path, *, frozen: bool = False) -> None:
        self.root = Path(root).absolute()
        self.frozen = frozen
        if not frozen:
            with self._usable():
                self.root.mkdir(parents=True, exist_ok=True)

    def folder(
        self, kind: str, key: Mapping[str, JsonValue], build: Callable[[Path], None]
    ) -> Path:
        """Return the folder of `key`, building it first if it is missing.

        Args:
            kind: what the folder holds, for example `tokens`; a folder name.
            key: everything that the content depends on, as JSON values. It is written into the
                folder as `key.json`.
            build: writes the content into a given empty folder. For each key it runs in one process
                at a time.

        Returns:
            The complete folder, which must not be changed.

        Raises:
            InputError: the cache cannot be written, or is frozen and lacks the folder.
        """
        target = self.root / kind / _digest(key)
        if _is_whole(target):
            return target
        if self.frozen:
            raise InputError(
                f"cache_dir={self.root} does not hold {target.relative_to(self.root)}, and is only "
                "read here"
            )
        with self._usable():
            target.parent.mkdir(parents=True, exist_ok=True)
        with self._locked(target):
            if not _is_whole(target):  # another process may have built it while this one waited
                self._build(target, key, build)
        return target

    def discard(self, kind: str, key: Mapping[str, JsonValue]) -> None:
        """Remove the folder of `key`, if it is there: a step that its result has made superfluous.

        Nobody may be using it. A kill in the middle leaves nothing that is taken for whole.
        """
        target = self.root / kind / _digest(key)
        if self.frozen or not target.exists():
            return
        with self._locked(target), self._usable():
            if target.exists():  # another process may have removed it while this one waited
                shutil.rmtree(_aside(target), ignore_errors=True)
                target.rename(_aside(target))
                shutil.rmtree(_aside(target))

    def _build(
        self, target: Path, key: Mapping[str, JsonValue], build: Callable[[Path], None]
    ) -> None:
        if target.exists():
            log.warning(
                "%s is damaged (a file is missing, cut short or changed): building it again", target
            )
            shutil.rmtree(target)
        self._sweep(target)
        aside = _aside(target)
        try:
            with self._usable(NO_ROOM):
                aside.mkdir()
                build(aside)
                _seal(aside, key)
                aside.rename(target)
                _sync(target.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _sweep(self, target: Path) -> None:
        """Remove unfinished folders of killed builders, whose locks are free."""
        shutil.rmtree(_aside(target), ignore_errors=True)
        for orphan in target.parent.glob("*.building"):
            lock = FileLock(orphan.with_suffix(".lock"))
            try:
                with lock.acquire(timeout=0):
                    shutil.rmtree(orphan, ignore_errors=True)
            except Timeout:
                continue  # its builder is alive

    @contextmanager
    def _locked(self, target: Path) -> Iterator[None]:
        lock = FileLock(target.with_suffix(".lock"))
        with self._usable():
            try:
                lock.acquire(timeout=0)
            except Timeout:
                log.info("waiting for another process that is at work on %s", target)
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _usable(self, codes: set[int] | None = None) -> Iterator[None]:
        """Turn operating system errors (those in `codes`, by default all) into an InputError."""
        try:
            yield
        except OSError as error:
            if codes is not None and error.errno not in codes:
                raise
            reason = error.strerror or str(error)
            advice = "Make room there or set cache_dir to another folder"
            raise InputError(
                f"cache_dir={self.root} cannot be written: {reason}. {advice}"
            ) from error


def _digest(key: Mapping[str, JsonValue]) -> str:
    return blake2b(_canonical(key), digest_size=16).hexdigest()


def _canonical(key: Mapping[str, JsonValue]) -> bytes:
    return json.dumps(key, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()


def _aside(target: Path) -> Path:
    return target.with_suffix(".building")


def _files(folder: Path) -> dict[str, dict[str, int | str]]:
    """Return size, time of the last change and hash of every file."""
    return {
        str(path.relative_to(folder)): _described(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _described(path: Path) -> dict[str, int | str]:
    stat = path.stat()
    return {"size": stat.st_size, "changed_ns": stat.st_mtime_ns, "blake2b": hash_of(path)}


def _is_whole(folder: Path) -> bool:
    """Return whether every file listed at the end of the build is there as it was then.

    A stat each finds what is deleted or truncated. A file is read, and its hash compared, only if
    it was written to or copied since, for to hash a large collection for each cell would cost more
    than it finds.
    """
    try:
        files = json.loads((folder / KEY_FILE).read_bytes())["files"]
        return all(_unchanged(folder / name, expected) for name, expected in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # the list itself is missing, or damaged into something else


def _unchanged(path: Path, expected: Mapping[str, Any] | int) -> bool:
    stat = path.stat()
    if isinstance(expected, int):  # the size, all that was recorded at first
        return stat.st_size == expected
    if stat.st_size != expected["size"]:
        return False
    if stat.st_mtime_ns == expected["changed_ns"]:
        return True
    if hash_of(path) != expected["blake2b"]:
        return False
    with suppress(OSError):  # so that a copy is read once only, where it can be written to
        os.utime(path, ns=(stat.st_atime_ns, expected["changed_ns"]))
    return True


def _seal(folder: Path, key: Mapping[str, JsonValue]) -> None:
    """Write `key.json` and flush everything to disk, so that the rename cannot come first."""
    content = {"key": json.loads(_canonical(key)), "files": _files(folder)}
    (folder / KEY_FILE).write_text(
        json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
