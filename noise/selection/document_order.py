"""Documents sorted by id, so that nothing depends on the order of the corpus file."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.collections.collection import Collection
from data.storage.text_store import TextStore

if TYPE_CHECKING:
    from data.storage.cache import JsonValue

IDS_AT_ONCE = 1 << 16


class DocumentOrder:
    """Positions 0 .. n-1 of the documents sorted by id (code points), and their rows.

    Sorted once a collection and memory-mapped from its cache: no list of ids is held, whatever the
    number of documents.

    Args:
        collection: the collection.

    Attributes:
        rows: row of each position [n].
    """

    def __init__(self, collection: Collection) -> None:
        self._documents = collection.documents
        key: dict[str, JsonValue] = {"documents": collection.documents_fingerprint, "version": 1}
        folder = collection.cache.folder("document_order", key, partial(_write, self._documents))
        self.rows = _mapped(folder / "rows.npy")
        self._position = _mapped(folder / "positions.npy")

    def __len__(self) -> int:
        return len(self.rows)

    def position(self, doc_id: str) -> int:
        """Return the position of a document."""
        return int(self._position[self._documents.row(doc_id)])

    def doc_ids(self, positions: NDArray[np.int64]) -> list[str]:
        """Return the ids of the documents at some positions [C]."""
        return self._documents.ids_of(self.rows[positions])

    def positions(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of rows of the collection [C]."""
        return np.asarray(self._position[rows])


def _write(documents: TextStore, folder: Path) -> None:
    width = max((max(map(len, ids)) for ids in _encoded(documents)), default=1)
    # UTF-8 sorts as code points do
    keys = np.concatenate([np.array(ids, f"S{width}") for ids in _encoded(documents)])
    rows = np.argsort(keys, kind="stable")
    positions = np.empty_like(rows)
    positions[rows] = np.arange(len(rows))
    np.save(folder / "rows.npy", rows)
    np.save(folder / "positions.npy", positions)


def _encoded(documents: TextStore) -> Iterator[list[bytes]]:
    for begin in range(0, len(documents), IDS_AT_ONCE):
        rows = np.arange(begin, min(begin + IDS_AT_ONCE, len(documents)))
        yield [doc_id.encode() for doc_id in documents.ids_of(rows)]


def _mapped(path: Path) -> NDArray[np.int64]:
    mapped: NDArray[np.int64] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return mapped
