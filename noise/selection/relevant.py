"""The documents that are not wrong for a query: its positives and copies of their texts."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.collections.collection import Collection
from data.collections.duplicates import first_copies
from noise.selection.document_order import DocumentOrder


class Known(NamedTuple):
    """The known positives of a query, in any split.

    Attributes:
        positions: their positions in the document order.
        texts: numbers of their texts; copies have the same number.
    """

    positions: NDArray[np.int64]
    texts: NDArray[np.int64]


class Relevant:
    """Known positives by query.

    Args:
        collection: the collection.
        order: its documents by id.
    """

    def __init__(self, collection: Collection, order: DocumentOrder) -> None:
        self._collection = collection
        self._order = order
        self._text = first_copies(collection)[order.rows]  # number of the text at each position
        self.known = lru_cache(maxsize=4096)(self._known)

    def _known(self, query_id: str) -> Known:
        positions = np.array(
            [self._order.position(doc_id) for doc_id in self._collection.known_positives(query_id)],
            np.int64,
        )
        return Known(positions, self._text[positions])

    def wrong(self, query_id: str, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return the documents that are neither known positives nor copies of them [C].

        Where a query's own document is left out of rankings, it is no wrong one either.
        """
        known = self.known(query_id)
        right = np.isin(positions, known.positions) | np.isin(self._text[positions], known.texts)
        if self._collection.skip_same_id and query_id in self._collection.documents:
            right |= positions == self._order.position(query_id)
        return np.asarray(~right)
