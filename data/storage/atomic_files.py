"""Files that are either complete or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from errors import InputError

PARTIAL = ".partial"


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` to write to.

    If the block ends without an error, the file is flushed to disk and renamed to `path`.

    A reader therefore sees the old file, the new file or none, never a part. The name aside is
    random, so that two writers do not mix, on whatever machines.

    Raises:
        InputError: a folder is in the place of the file.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, where a file is to be written: move it.")
    aside = path.with_name(f".{path.name}.{token_hex(4)}{PARTIAL}")
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
