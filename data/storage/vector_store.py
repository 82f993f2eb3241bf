"""Vectors of many texts in a memory-mapped array, for networks on top of a frozen encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.tokenizers.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VectorStore:
    """One vector for each of n texts, which a network reads as a text of one token.

    Attributes:
        vectors: [m, D] of any floating-point type, memory-mapped.
        source: hash of what made the vectors (hex): an encoder, or the files they were read from.
            Weights that were trained on vectors of one source mean nothing on those of another.
        rows: row of each text in `vectors` [n]; None: the texts have its order.
    """

    vectors: NDArray[np.floating]
    source: str
    rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.vectors if self.rows is None else self.rows)

    @property
    def dimensions(self) -> int:
        """Size D of the vectors."""
        return int(self.vectors.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return 1 for each text [n], in no memory."""
        return np.broadcast_to(np.int64(1), len(self))

    def tokens(self, rows: Sequence[int] | NDArray[np.int64]) -> Tokens:
        """Return the vectors at `rows` [m], float32 [m, D], as texts of one token each."""
        from torch import arange, from_numpy

        wanted = np.asarray(rows, dtype=np.int64)
        taken = self.vectors[wanted if self.rows is None else self.rows[wanted]]
        return Tokens(from_numpy(taken.astype(np.float32)), arange(len(wanted) + 1))
