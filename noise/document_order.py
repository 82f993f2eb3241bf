"""Documents in the order of their ids: ties and embeddings go by it, so that nothing depends on the order of the corpus file."""

import numpy as np
from numpy.typing import NDArray

from data.collection import Collection


class DocumentOrder:
    """Positions 0 .. n-1 of the documents sorted by id, and their rows in the collection.

    Args:
        collection: the collection.
    """

    def __init__(self, collection: Collection) -> None:
        self._documents = collection.documents
        ids = self._documents.doc_ids()
        self.rows = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
        """Row of each position [n]."""
        self._ids: list[str] = [ids[row] for row in self.rows.tolist()]
        self._position = np.empty_like(self.rows)
        self._position[self.rows] = np.arange(len(ids))

    def __len__(self) -> int:
        return len(self.rows)

    def position(self, doc_id: str) -> int:
        """Return the position of a document."""
        return int(self._position[self._documents.row(doc_id)])

    def doc_id(self, position: int) -> str:
        """Return the id of the document at a position."""
        return self._ids[position]

    def positions(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of rows of the collection [C]."""
        return np.asarray(self._position[rows])
