"""Negatives, drawn for every example and epoch, independent of the number of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import checks
from data.training.negatives import Pairs, PairSet
from errors import InputError
from keyed_random import keyed_random

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.training.examples import TrainingExamples

LAST = np.iinfo(np.uint64).max
# set in the sort key of mined negatives: they come after all judged ones
MINED = np.uint64(1 << 63)


class NegativeSampler:
    """Draws negatives without repetition: judged ones, then mined ones, then random documents.

    Args:
        examples: the training examples.
        per_example: negatives for each example.
        seed: draws depend on (seed, epoch, example) only.

    Raises:
        InputError: when `per_example` is negative, or the collection has too few documents.
    """

    def __init__(self, examples: TrainingExamples, *, per_example: int, seed: int) -> None:
        checks.integer("negatives.per_example", per_example, 0)
        self._examples, self._per_example, self._seed = examples, per_example, seed
        self._positives = PairSet(
            Pairs(examples.positives.owners, examples.positives.values), len(examples.first_copies)
        )
        room = self._room()
        if room < per_example:
            raise InputError(
                f"negatives.per_example={per_example}: some query has only {room} documents that "
                f"are not positive. Ask for at most {room}, or use a larger collection"
            )

    def sample(self, index: NDArray[np.int64], epoch: int) -> NDArray[np.int64]:
        """Return the negatives, as document rows, of the examples at `index` [B, per_example]."""
        documents, missing = self._from_pools(index, epoch)
        for slot in np.flatnonzero(missing.any(axis=0)):
            rows = np.flatnonzero(missing[:, slot])
            documents[rows, slot] = self._random(index[rows], epoch, int(slot), documents[rows])
        return documents

    def _from_pools(
        self, index: NDArray[np.int64], epoch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the documents with the smallest keys in each row, and which pools were too small.

        Documents are -1 where the pool was too small.
        """
        queries = self._examples.query_rows[index]
        pool = self._examples.pools.documents.take(queries)
        owners, places, count = pool.owners, pool.places, self._per_example
        keys = keyed_random(
            self._seed, epoch, index[owners], pool.values.astype(np.int64)
        ) >> np.uint64(1)
        keys[places >= self._examples.pools.judged[queries[owners]]] |= MINED
        keys[~self._examples.within_limits(index, owners)] = LAST
        width = max(count, int(pool.lengths.max(initial=0)))
        table = np.full((len(index), width), LAST)
        table[owners, places] = keys
        chosen = (
            np.argpartition(table, count - 1, axis=1)[:, :count]
            if count
            else np.zeros((len(index), 0), dtype=np.int64)
        )
        missing = np.take_along_axis(table, chosen, axis=1) == LAST
        # missing ones last: a partition has no order of its own, and slots number random draws
        order = np.argsort(missing, axis=1, kind="stable")
        chosen, missing = (np.take_along_axis(each, order, axis=1) for each in (chosen, missing))
        documents = np.full(chosen.shape, -1, dtype=np.int64)
        documents[~missing] = pool.values[(pool.offsets[:-1, None] + chosen)[~missing]]
        return documents, missing

    def _random(
        self, index: NDArray[np.int64], epoch: int, slot: int, taken: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return one random document for each row [m, per_example].

        Documents are neither positives nor in `taken`; rows that hit such a document draw again.
        """
        first_copies, queries = self._examples.first_copies, self._examples.query_rows[index]
        drawn = np.full(len(index), -1, dtype=np.int64)
        pending, attempt = np.arange(len(index)), 0
        while len(pending):
            draws = keyed_random(self._seed, epoch, index[pending], slot, attempt) % np.uint64(
                len(first_copies)
            )
            candidates = draws.astype(np.int64)
            positive = self._positives.contains(Pairs(queries[pending], first_copies[candidates]))
            good = ~positive & ~(taken[pending] == candidates[:, None]).any(axis=1)
            drawn[pending[good]] = candidates[good]
            pending, attempt = pending[~good], attempt + 1
        return drawn

    def _room(self) -> int:
        """Return the smallest number of possible random negatives of a query with examples."""
        copies = np.bincount(
            self._examples.first_copies, minlength=len(self._examples.first_copies)
        )
        positives = self._examples.positives
        # of several positives with one text, the copies count once
        pairs = np.unique(np.stack([positives.owners, positives.values]), axis=1)
        blocked = np.zeros(len(positives.offsets) - 1, dtype=np.int64)
        np.add.at(blocked, pairs[0], copies[pairs[1]])
        return len(self._examples.first_copies) - int(blocked.max())
