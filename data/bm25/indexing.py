"""Builds and opens the index of an engine, in the cache of the collection."""

from __future__ import annotations

import shutil
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from data.bm25.bm25s_index import Bm25sIndex, build_bm25s
from data.bm25.engines import BM25S, check_memory
from data.bm25.impact_index import POSTING, write_impact_index
from data.bm25.pieces import batches, write_piece
from data.runs.analyzer import analyzed
from data.storage.ragged import offsets_of
from errors import InputError
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from data.bm25.pruned_search import ImpactIndex
    from data.collections.collection import Collection
    from data.storage.cache import JsonValue

PIECE = 1 << 26
"""Bytes of a piece's texts, 200,000 passages: what is done again after an interruption, and what
memory depends on."""
SAMPLE = 1000
"""Documents that the estimate of the size looks at."""
VOCABULARY = 1.15
"""Size of an index beside its postings alone."""


def open_index(
    collection: Collection, engine: str, key: Mapping[str, JsonValue], k1: float, b: float
) -> Bm25sIndex | ImpactIndex:
    """Return the index of a collection, building it first if it is missing.

    Args:
        collection: its documents are indexed; the index is kept in its cache.
        engine: `bm25s` or `pruned`.
        key: everything that the index depends on.
        k1: saturation of the term frequency.
        b: share of length normalisation.

    Raises:
        InputError: the disk has too little room, or the memory.
    """
    if engine == BM25S:
        build = partial(_bm25s, collection=collection, k1=k1, b=b)
        return Bm25sIndex(collection.cache.folder("bm25-index", key, build))
    # imported here, since numba takes seconds to load
    from data.bm25.pruned_search import ImpactIndex

    return ImpactIndex(_impact_index(collection, key, k1, b))


def _bm25s(folder: Path, *, collection: Collection, k1: float, b: float) -> None:
    documents = collection.documents
    check_memory(collection.bm25_engine, len(documents), documents.size)
    build_bm25s(folder, documents, collection.bm25_language, k1, b)


def _impact_index(
    collection: Collection, key: Mapping[str, JsonValue], k1: float, b: float
) -> Path:
    """Return the folder of an index on disk.

    Its pieces are cached one by one, so that an interrupted build continues, and removed at the
    end.
    """
    size = len(collection.documents)
    slices = _slices(collection.documents.sizes)
    keys = [{**key, "rows": list(each)} for each in slices]
    room = Room(collection)

    def build(folder: Path) -> None:
        work = track(zip(keys, slices, strict=True), "Indexing for BM25", len(keys))
        pieces = [
            collection.cache.folder("bm25-piece", each, partial(_piece, collection, room, rows))
            for each, rows in work
        ]
        room.check(size)
        write_impact_index(folder, pieces, k1, b)

    index = collection.cache.folder("bm25-index", key, build)
    for each in keys:
        collection.cache.discard("bm25-piece", each)
    return index


def _slices(sizes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the rows of each piece: [begin, end) with PIECE bytes of text at most, or one text."""
    offsets = offsets_of(sizes)
    bounds = [0]
    while bounds[-1] < len(sizes):
        within = np.searchsorted(offsets, offsets[bounds[-1]] + PIECE, side="right") - 1
        bounds.append(max(bounds[-1] + 1, int(within)))
    return list(pairwise(bounds))


def _piece(collection: Collection, room: Room, rows: tuple[int, int], folder: Path) -> None:
    room.check(rows[0])
    texts = collection.documents.texts(range(*rows))
    write_piece(folder, texts, rows[0], collection.bm25_language)


class Room:
    """What an index needs on the disk, beside what there is.

    Args:
        collection: to index; the size is estimated from a sample of its documents.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def check(self, indexed: int) -> None:
        """Check the room for the pieces that are missing and the index that they become.

        Args:
            indexed: documents whose pieces there are.

        Raises:
            InputError: it is too little.
        """
        missing = 1 - indexed / len(self._collection.documents)
        needed = self._index * (1 + missing)
        free = shutil.disk_usage(self._collection.cache.root).free
        if free < needed:
            raise InputError(
                f"cache_dir={self._collection.cache.root}: it has {free / 1e9:.1f} GB of room, and "
                f"the BM25 index of {self._collection.name} needs {needed / 1e9:.1f} GB while it "
                f"is built and {self._index / 1e9:.1f} GB then. Make room there or set cache_dir "
                "to another folder"
            )

    @cached_property
    def _index(self) -> float:
        """Bytes of the index, estimated."""
        documents = self._collection.documents
        rows = np.linspace(0, len(documents) - 1, min(SAMPLE, len(documents))).astype(int).tolist()
        language = self._collection.bm25_language
        different = sum(
            len(set(terms))
            for some in batches(documents.texts(rows))
            for terms in analyzed(some, language, return_ids=False)
        )
        return different / len(rows) * len(documents) * POSTING * VOCABULARY
