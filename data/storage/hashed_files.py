"""Files with a hash beside them, so that a reader knows whether they are what was written.

The hash of `last.ckpt` is in `last.ckpt.blake2b`. It is written before the file is renamed into
place, together with that of the file before it, so that whatever a kill leaves is recognised.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.storage.atomic_files import written_aside
from data.storage.file_hashes import hash_of

SUFFIX = ".blake2b"


@contextmanager
def written_hashed(path: Path, *, before: Path | None = None) -> Iterator[Path]:
    """Yield a path to write to; after the block, the file and its hash are in place.

    Args:
        path: the file.
        before: where the file that is there now goes; None: it is replaced.
    """
    with written_aside(path) as aside:
        yield aside
        now = _known(path)[:1]
        if before is not None and path.exists():
            _note(before, [*now, *_known(before)[:1]])
        _note(path, [hash_of(aside), *now])
        if before is not None and path.exists():
            path.replace(before)


def fault_of(path: Path) -> str | None:
    """Return why a file cannot be what was written, in words; None: nothing speaks against it.

    A file without a hash beside it was written by an earlier version and is not doubted here.
    """
    if path.is_dir():
        return "it is a folder"
    try:
        if not path.exists():
            return "it is missing"
        if path.stat().st_size == 0:
            return "it is empty"
        known = _known(path)
        if known and hash_of(path) not in known:
            return "its content is not what was written: the hash beside it differs"
    except OSError as error:
        return error.strerror or str(error)
    return None


def remove_hashed(path: Path) -> None:
    """Remove a file and the hash beside it."""
    path.unlink(missing_ok=True)
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _known(path: Path) -> list[str]:
    """Return the hashes that the file may have, newest first."""
    try:
        return _beside(path).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return []


def _note(path: Path, hashes: list[str]) -> None:
    with written_aside(_beside(path)) as aside:
        aside.write_text("\n".join(hashes) + "\n", encoding="ascii")
