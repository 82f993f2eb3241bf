"""The shares of a collection among processes that train together.

Each process encodes and searches its share, and the best results of all are merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch.distributed as dist

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Shard(NamedTuple):
    """One of several neighbouring parts of nearly equal size.

    Attributes:
        rank: number of the part, from 0.
        parts: number of parts.
    """

    rank: int = 0
    parts: int = 1

    @classmethod
    def of_this_process(cls) -> Shard:
        """Return the share of this process; the whole collection if there is only one process."""
        return (
            cls(dist.get_rank(), dist.get_world_size())
            if dist.is_available() and dist.is_initialized()
            else WHOLE
        )

    def rows(self, documents: int) -> range:
        """Return its documents."""
        return range(self.rank * documents // self.parts, (self.rank + 1) * documents // self.parts)

    def merged(
        self, scores: NDArray[np.float32], rows: NDArray[np.int64], depth: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the best of all parts; every process calls this and gets them.

        Args:
            scores: those of this part's best documents, by score descending, then by row [Q, k].
            rows: the documents' rows in the collection [Q, k].
            depth: documents per query at most.

        Returns:
            Scores and rows of the best of the collection, in that order [Q, min(depth, n)].
        """
        if self.parts == 1:
            return scores, rows
        found: list[tuple[NDArray[np.float32], NDArray[np.int64]]] = [(scores, rows)] * self.parts
        dist.all_gather_object(found, (scores, rows))
        all_scores, all_rows = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
        # parts follow one another and each is in order, so that a stable sort leaves equal scores
        # in the order of their rows
        order = np.argsort(-all_scores, axis=1, kind="stable")[:, :depth]
        return np.take_along_axis(all_scores, order, 1), np.take_along_axis(all_rows, order, 1)


WHOLE = Shard()
