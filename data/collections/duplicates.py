"""Duplicates: documents with the same text."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from terminal import track

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from data.collections.collection import Collection

VERSION = 1


def first_copies(collection: Collection) -> NDArray[np.int64]:
    """Return for each document the first row that holds the same text [n].

    This is its own row, unless it is a duplicate of an earlier document.

    A copy of a positive must not be a negative, whatever its id. Texts are compared by a 64-bit
    hash: among 10 million documents, the probability of a wrong pair is 3 in a million. The result
    is cached with the collection.
    """

    def build(folder: Path) -> None:
        texts = track(
            collection.documents.texts(), "Looking for duplicates", total=len(collection.documents)
        )
        hashes = np.fromiter((_hash(text) for text in texts), np.uint64, len(collection.documents))
        _, first, groups = np.unique(hashes, return_index=True, return_inverse=True)
        np.save(folder / "first_copies.npy", first[groups].astype(np.int64))

    folder = collection.cache.folder(
        "duplicates", {"documents": collection.documents_fingerprint, "version": VERSION}, build
    )
    rows: NDArray[np.int64] = np.load(
        folder / "first_copies.npy", mmap_mode="r", allow_pickle=False
    )
    return rows


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
