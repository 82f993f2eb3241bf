"""Documents in memory-mapped files: any number of them, at the cost of those that are read.

Files of a store (written by `data.storage.text_store_writer`):

    texts.bin     the texts in UTF-8, one after the other
    ids.bin       the document ids in UTF-8, one after the other
    spans.npy     int64 [n, 4]: begin and end of each text in texts.bin, and of each id in ids.bin
    lookup.npy    uint64 [n]: hashes of the ids, ascending
    rows.npy      int64 [n]: the rows in that order
    store.json    number of documents, their fingerprint, what was left out
"""

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray


def id_hash(doc_id: str) -> int:
    """Return the 64-bit hash by which a store finds a document id."""
    return int.from_bytes(
        blake2b(doc_id.encode("utf-8", "replace"), digest_size=8).digest(), "little"
    )


class TextStore:
    """Immutable documents, numbered 0 .. n-1 in the order of the collection.

    It is pickled as its path, so that workers share the pages of one file.

    Args:
        folder: a folder written by `write_text_store`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._spans = self._array("spans.npy")
        self._lookup = self._array("lookup.npy")
        self._rows = self._array("rows.npy")
        self._texts = _map(self.folder / "texts.bin")
        self._ids = _map(self.folder / "ids.bin")

    def __reduce__(self) -> tuple[type["TextStore"], tuple[Path]]:
        return TextStore, (self.folder,)

    def __len__(self) -> int:
        return len(self._spans)

    def __contains__(self, doc_id: object) -> bool:
        return isinstance(doc_id, str) and self._find(doc_id) >= 0

    def text(self, row: int) -> str:
        """Return the text of a row (0 <= row < n)."""
        begin, end, _, _ = self._span(row)
        return self._texts[begin:end].decode()

    def texts(self, rows: Iterable[int] | None = None) -> Iterator[str]:
        """Yield the texts of `rows`, by default of all rows in order."""
        return map(self.text, range(len(self)) if rows is None else rows)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Bytes of each text [n]."""
        return self._spans[:, 1] - self._spans[:, 0]

    @property
    def size(self) -> int:
        """Bytes of all texts, known without looking at each; repeated documents count."""
        return len(self._texts)

    def doc_id(self, row: int) -> str:
        """Return the document id of a row (0 <= row < n)."""
        _, _, begin, end = self._span(row)
        return self._ids[begin:end].decode()

    def ids_of(self, rows: NDArray[np.int64]) -> list[str]:
        """Return the document ids of some rows (0 <= row < n), in that order."""
        return [self._ids[begin:end].decode() for begin, end in self._spans[rows, 2:].tolist()]

    def doc_ids(self) -> Sequence[str]:
        """Return all document ids in the order of the rows; the list is made once and kept."""
        return self._all_ids

    def row(self, doc_id: str) -> int:
        """Return the row of a document id.

        Raises:
            KeyError: no such document.
        """
        row = self._find(doc_id)
        if row < 0:
            raise KeyError(doc_id)
        return row

    @cached_property
    def fingerprint(self) -> str:
        """Hash over the ids and texts in the order of the rows (hex)."""
        return cast(
            "str",
            json.loads((self.folder / "store.json").read_text(encoding="utf-8"))["fingerprint"],
        )

    @cached_property
    def _all_ids(self) -> list[str]:
        return [self._ids[begin:end].decode() for begin, end in self._spans[:, 2:].tolist()]

    def _span(self, row: int) -> list[int]:
        # a negative row means "no document" in a run; it must not wrap around
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a store of {len(self)} documents")
        return cast("list[int]", self._spans[row].tolist())

    def _find(self, doc_id: str) -> int:
        wanted = np.uint64(id_hash(doc_id))
        position = int(np.searchsorted(self._lookup, wanted))
        # hashes may collide: compare the ids themselves
        while position < len(self) and self._lookup[position] == wanted:
            row = int(self._rows[position])
            if self.doc_id(row) == doc_id:
                return row
            position += 1
        return -1

    def _array(self, name: str) -> NDArray[np.int64]:
        mapped = np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
        # the same pages without the slow indexing of np.memmap
        return cast("NDArray[np.int64]", mapped.view(np.ndarray))


def _map(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
