"""A run in parts: long searches continue after an interruption, and memory does not grow."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from data.storage.new_array import new_array
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from data.storage.cache import Cache, JsonValue

    Search = Callable[[list[str], NDArray[np.int64], NDArray[np.float32]], None]

PART = 20_000
"""Queries of a part: what is done again after an interruption."""


def cached_run(
    cache: Cache,
    key: Mapping[str, JsonValue],
    texts: Iterable[str],
    shape: tuple[int, int],
    search: Search,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return rows and scores [Q, depth] from the cache, searching first if they are missing.

    Args:
        cache: where they are kept.
        key: everything that they depend on.
        texts: the Q queries.
        shape: Q and the depth.
        search: fills in the rows and scores of some queries.

    Returns:
        Rows, -1 where a list has ended, and their scores, minus infinity there; both are mapped.
    """
    size = shape[0]
    parts = [(begin, min(begin + PART, size)) for begin in range(0, size, PART)]
    keys = [{**key, "part": list(part)} for part in parts]

    def build(folder: Path) -> None:
        if size <= PART:
            _write(folder, shape=shape, texts=list(texts), search=search)
            return
        remaining = iter(texts)
        rows, scores = _arrays(folder, shape)
        work = zip(keys, parts, strict=True)
        for each, (begin, end) in track(work, f"BM25, {PART:,} queries at once", len(parts)):
            some = list(islice(remaining, end - begin))
            write = partial(_write, shape=(end - begin, shape[1]), texts=some, search=search)
            part = cache.folder("bm25-run-part", each, write)
            rows[begin:end], scores[begin:end] = _read(part)

    folder = cache.folder("bm25-run", key, build)
    for each in keys:
        cache.discard("bm25-run-part", each)
    return _read(folder)


def _write(folder: Path, *, shape: tuple[int, int], texts: list[str], search: Search) -> None:
    search(texts, *_arrays(folder, shape))


def _arrays(folder: Path, shape: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return new files of rows and scores, of empty lists."""
    made: list[NDArray[Any]] = []
    for name, kind, empty in (("rows", np.int64, -1), ("scores", np.float32, -np.inf)):
        array = new_array(folder / f"{name}.npy", kind, shape)
        array[:] = empty
        made.append(array)
    return made[0], made[1]


def _read(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    rows, scores = (
        np.load(folder / name, mmap_mode="r", allow_pickle=False)
        for name in ("rows.npy", "scores.npy")
    )
    return rows, scores
