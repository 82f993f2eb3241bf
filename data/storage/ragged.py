"""Lists of different lengths, end to end in one array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ragged(NamedTuple):
    """n lists in one array: list i is `values[offsets[i] : offsets[i + 1]]`.

    Attributes:
        values: all lists' values, end to end [N].
        offsets: where each list starts, then N, int64 [n + 1].
    """

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Ragged:
        """Return the lists at `rows`, in that order, copied."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        offsets = offsets_of(lengths)
        # value j of the result sits (start of its list in self - start of its list in the result)
        # places further on in self
        positions = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Ragged(self.values[positions], offsets)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of values of each list [n]."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The list that each value belongs to [N]."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.lengths)

    @property
    def places(self) -> NDArray[np.int64]:
        """The position of each value in its list, from 0 [N]."""
        return np.arange(len(self.values)) - np.repeat(self.offsets[:-1], self.lengths)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the starts of lists of these lengths, stored end to end, then their total [n + 1]."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def ragged_by_owner(owners: NDArray[np.int64], values: NDArray[Any], n: int) -> Ragged:
    """Return N lists from (owner, value) pairs in any order; values keep their order."""
    order = np.argsort(owners, kind="stable")
    return Ragged(values[order], offsets_of(np.bincount(owners, minlength=n).astype(np.int64)))
