"""Arrays in new files, whose room on the disk is taken before they are written."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

UNKNOWN = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
"""What a file system answers that cannot reserve room."""


def new_array(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a memory-mapped array of zeros in a new `.npy` file.

    A mapped file without its room would take it page by page. On a full disk that ends the process
    with a bus error, which no message tells of.

    Args:
        path: the file.
        dtype: type of the values.
        shape: of the array.

    Raises:
        OSError: the disk has too little room (ENOSPC). `Cache.folder` makes an InputError of it.
    """
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    _reserve(path)
    return array


def _reserve(path: Path) -> None:
    if not hasattr(os, "posix_fallocate"):  # macOS and Windows
        return
    with path.open("r+b") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in UNKNOWN:
                raise
