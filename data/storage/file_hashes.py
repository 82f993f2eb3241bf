"""Hashes of files, remembered by size and times, so that an unchanged file is hashed once."""

import json
import logging
from collections.abc import Iterable
from hashlib import blake2b, file_digest
from pathlib import Path

from data.storage.atomic_files import written_aside

log = logging.getLogger(__name__)

FORMAT = 1


class FileHashes:
    """Hashes of files by content.

    Args:
        memory: the file in which they are remembered; without room for it every file is hashed
            again.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known = _read(memory)

    def of(self, paths: Iterable[Path]) -> list[str]:
        """Return the hash of each file's content (hex).

        Raises:
            OSError: a file cannot be read.
        """
        before = dict(self._known)
        hashes = [self._hash(path.absolute()) for path in paths]
        if self._known != before:
            self._remember()
        return hashes

    def _hash(self, path: Path) -> str:
        stat = path.stat()
        stamp = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"
        known = self._known.get(str(path))
        if known is None or known[0] != stamp:
            known = [stamp, hash_of(path)]
            self._known[str(path)] = known
        return known[1]

    def _remember(self) -> None:
        try:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            merged = _read(self._memory) | self._known
            with written_aside(self._memory) as aside:
                aside.write_text(json.dumps({"format": FORMAT, "files": merged}), encoding="utf-8")
        except OSError as error:
            log.debug("%s cannot be written (%s): files are hashed again", self._memory, error)


def hash_of_bytes(content: bytes) -> str:
    """Return the hash of a file's content that is in memory (hex)."""
    return blake2b(content, digest_size=16).hexdigest()


def hash_of(path: Path) -> str:
    """Return the hash of a file's content (hex).

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()


def _read(memory: Path) -> dict[str, list[str]]:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return {}
        return {
            path: [str(stamp), str(digest)] for path, (stamp, digest) in content["files"].items()
        }
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return {}
