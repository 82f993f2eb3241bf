"""Vectors made by another program, such as an embedding service: arrays, and the ids of rows."""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.collections.collection import Collection
from data.ingest.lines import hash_file
from data.storage.vector_store import VectorStore
from errors import InputError

SIDES = ("documents", "queries")
SHOWN = 5
BLOCK = 1 << 16  # vectors checked together


def check_vector_folder(path: str) -> None:
    """Check that a folder holds the four files, without reading them.

    Args:
        path: the folder.

    Raises:
        InputError: it is no folder, or a file is missing.
    """
    folder = Path(path).expanduser()
    wanted = [f"{side}{ending}" for side in SIDES for ending in (".npy", ".ids")]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"model.vectors={path} lacks {', '.join(missing)}. Expected in the folder: "
            "documents.npy and queries.npy, one vector a row, and documents.ids and queries.ids, "
            "the id of each row, one per line."
        )


class VectorFolder:
    """Vectors of a collection's documents and queries, matched by id.

    The files may hold further vectors, in any order.

    Args:
        path: folder with documents.npy [n, D] and queries.npy [q, D] (floating point, the same D),
            and documents.ids and queries.ids (UTF-8, the id of row i on line i).
        collection: the collection; its cache remembers which files were checked.

    Attributes:
        source: hash of both arrays.

    Raises:
        InputError: a file is missing, damaged or of another shape than the others; a document has
            no vector; an id occurs twice; or a vector is not finite.
    """

    def __init__(self, path: str, collection: Collection) -> None:
        check_vector_folder(path)
        self._folder = Path(path).expanduser()
        self._collection = collection
        self._documents, self._queries = (self._array(side) for side in SIDES)
        if self._documents.shape[1] != self._queries.shape[1]:
            raise InputError(
                f"model.vectors={path}: the vectors of documents.npy have "
                f"{self._documents.shape[1]} components and those of queries.npy "
                f"{self._queries.shape[1]}; make both with one encoder."
            )
        self._query_rows = self._rows_by_id()
        self.source = "+".join(self._checked(side) for side in SIDES)

    def documents(self) -> VectorStore:
        """Return the vectors of all documents of the collection.

        Raises:
            InputError: documents have no vector, or an id occurs twice.
        """
        key = {
            "documents": self._collection.documents_fingerprint,
            "ids": hash_file(self._folder / "documents.ids"),
        }
        kept = self._collection.cache.folder("vector_rows", key, self._write_rows)
        rows = np.load(kept / "rows.npy", mmap_mode="r", allow_pickle=False)
        return VectorStore(self._documents, self.source, rows.view(np.ndarray))

    def queries(self, texts: Mapping[str, str]) -> VectorStore:
        """Return the vectors of some queries.

        Args:
            texts: query_id -> text.

        Raises:
            InputError: queries have no vector.
        """
        missing = [query_id for query_id in texts if query_id not in self._query_rows]
        self._all_there("queries", len(missing), missing[:SHOWN])
        rows = np.fromiter((self._query_rows[query_id] for query_id in texts), np.int64, len(texts))
        return VectorStore(self._queries, self.source, rows)

    def _array(self, side: str) -> NDArray[np.floating]:
        path = self._folder / f"{side}.npy"
        try:
            array: NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise InputError(
                f"{path} cannot be read as an array ({error}). Write it with numpy.save."
            ) from error
        if not isinstance(array, np.ndarray):
            raise InputError(f"{path} is an archive of arrays. Write one with numpy.save.")
        size = array.shape[1:]
        if len(size) != 1 or not size[0] or not np.issubdtype(array.dtype, np.floating):
            raise InputError(
                f"{path} holds {array.dtype} of shape {list(array.shape)}: it must be a table of "
                "floating-point numbers, one vector a row."
            )
        count = sum(1 for _ in _lines(self._folder / f"{side}.ids"))
        if count != len(array):
            raise InputError(
                f"{path} has {len(array)} vectors and {side}.ids {count} ids: give the id of each "
                "vector, one per line, in the order of the vectors."
            )
        return array.view(np.ndarray)  # the same pages without np.memmap's slow indexing

    def _write_rows(self, folder: Path) -> None:
        documents = self._collection.documents
        rows = np.full(len(documents), -1, dtype=np.int64)
        for row, doc_id in enumerate(_lines(self._folder / "documents.ids")):
            if doc_id in documents:
                place = documents.row(doc_id)
                if rows[place] >= 0:
                    raise InputError(self._twice("documents", doc_id))
                rows[place] = row
        missing = np.flatnonzero(rows < 0)
        self._all_there("documents", len(missing), documents.ids_of(missing[:SHOWN]))
        np.save(folder / "rows.npy", rows)

    def _rows_by_id(self) -> dict[str, int]:
        rows: dict[str, int] = {}
        for row, query_id in enumerate(_lines(self._folder / "queries.ids")):
            if rows.setdefault(query_id, row) != row:
                raise InputError(self._twice("queries", query_id))
        return rows

    def _checked(self, side: str) -> str:
        """Return the hash of an array after checking that its numbers are finite."""
        path = self._folder / f"{side}.npy"
        digest = hash_file(path)
        array = self._documents if side == "documents" else self._queries
        check = partial(_check_finite, path, array)
        self._collection.cache.folder("finite_vectors", {"array": digest}, check)
        return digest

    def _twice(self, side: str, identifier: str) -> str:
        return f"{self._folder / side}.ids gives the id {identifier} twice: give one vector an id."

    def _all_there(self, side: str, missing: int, examples: Iterable[str]) -> None:
        if missing:
            raise InputError(
                f"model.vectors={self._folder}: {missing} {side} of {self._collection.name} have "
                f"no vector, as {', '.join(examples)}. Add their ids to {side}.ids and their "
                f"vectors to {side}.npy."
            )


def _lines(path: Path) -> Iterable[str]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 ({error}).") from error


def _check_finite(path: Path, array: NDArray[np.floating], folder: Path) -> None:
    """Read all vectors once; the empty folder in the cache is the memory of it."""
    del folder
    for start in range(0, len(array), BLOCK):
        with np.errstate(over="ignore"):  # in double precision; trained and searched in single
            vectors = array[start : start + BLOCK].astype(np.float32)
        bad = ~np.isfinite(vectors).all(axis=1)
        if bad.any():
            row = start + int(np.flatnonzero(bad)[0])
            line = next(islice(_lines(path.with_suffix(".ids")), row, None))
            raise InputError(
                f"{path}: the vector of {line} (row {row}, counted from 0) is not finite in "
                "single precision. Compute it again."
            )
