"""Batches of an epoch, in an order that all processes share and a checkpoint can resume.

Not a torch DataLoader: with token ids in a memory map a batch costs about a millisecond, so worker
processes would cost more than they save, and Lightning restarts the shuffle of a DataLoader when it
resumes inside an epoch. For a GPU, which would wait that millisecond, a thread makes them before
they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import checks
from data.training.ahead import ahead
from data.training.batch import Batch, TokenStores, collate, pinned
from data.training.sampling import NegativeSampler
from errors import InputError
from keyed_random import keyed_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from data.training.examples import TrainingExamples

POSITIVES = ("one", "all")
AHEAD = 2  # batches: one hides the making of the next, and another a batch that takes longer


class _Place(NamedTuple):
    """Where a batch stands.

    Attributes:
        epoch: its epoch.
        position: batches of the epoch before it.
        examples: those in it [B].
    """

    epoch: int
    position: int
    examples: NDArray[np.int64]


class TrainingLoader:
    """Yields the batches of one epoch each time it is iterated.

    An epoch is a random order of all examples in batches of `batch_size`. The examples that do not
    fill a last batch are left out; they differ between epochs. The order depends on (seed, epoch),
    negatives on (seed, epoch, example). Every process of a distributed run gets every batch whole;
    its network encodes a share of it.

    Args:
        examples: the training examples.
        stores: token ids of train queries and documents.
        batch_size: examples per step.
        negatives: negatives an example.
        in_batch: whether rows share their documents as negatives.
        positives: `one`, a row has its example's positive; `all`, all positives of its query.
        seed: of order and negatives.
        for_gpu: make batches in a thread, before they are asked for, in memory that a GPU copies
            from while others compute. On a CPU that thread would take time from the training.

    Raises:
        InputError: when the batch size does not fit the examples, or the need of each row for a
            negative.
    """

    def __init__(
        self,
        examples: TrainingExamples,
        stores: TokenStores,
        *,
        batch_size: int,
        negatives: int,
        in_batch: bool = True,
        positives: str = "one",
        seed: int = 0,
        for_gpu: bool = False,
    ) -> None:
        _check(len(examples), batch_size, negatives, in_batch=in_batch)
        self._examples, self._stores, self._in_batch, self._seed = examples, stores, in_batch, seed
        self._negatives = negatives
        self._all_positives = checks.choice("batch.positives", positives, POSITIVES) == "all"
        self._sampler = NegativeSampler(examples, per_example=negatives, seed=seed)
        self._batch_size = batch_size
        self._for_gpu = for_gpu
        self._epoch = 0
        self._position = 0  # batches of this epoch that were already yielded
        self._resumed = False

    def __len__(self) -> int:
        return len(self._examples) // self._batch_size

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of an epoch, or the rest of one after `load_state_dict`.

        A resumed epoch continues where it was interrupted. An epoch that is cut short, as by
        Lightning's `limit_train_batches`, is over: the next iteration begins the next epoch.
        """
        count = (
            len(self) - self._position
            if self._resumed and self._position < len(self)
            else len(self)
        )
        self._resumed = False
        places = self._places(self._epoch, self._position, count)
        made = ahead(self._made, places, AHEAD) if self._for_gpu else map(self._made, places)
        for place, batch in made:
            # before the batch is given out: a checkpoint written after its step must not repeat it
            self._epoch, self._position = place.epoch, place.position + 1
            yield batch

    def _places(self, epoch: int, position: int, count: int) -> Iterator[_Place]:
        """Yield the places of the batches that follow those before `position`."""
        order = keyed_order(len(self._examples), self._seed, epoch)
        for _ in range(count):
            if position == len(self):
                epoch, position = epoch + 1, 0
                order = keyed_order(len(self._examples), self._seed, epoch)
            start = position * self._batch_size
            yield _Place(epoch, position, order[start : start + self._batch_size])
            position += 1

    def _made(self, place: _Place) -> tuple[_Place, Batch]:
        batch = collate(
            self._examples,
            place.examples,
            self._sampler.sample(place.examples, place.epoch),
            self._stores,
            in_batch=self._in_batch,
            all_positives=self._all_positives,
        )
        return place, pinned(batch) if self._for_gpu else batch

    def draw_from(self, examples: TrainingExamples) -> None:
        """Draw the negatives of coming batches from other pools.

        Args:
            examples: the same pairs with other pools.
        """
        assert len(examples) == len(self._examples)
        self._examples = examples
        self._sampler = NegativeSampler(examples, per_example=self._negatives, seed=self._seed)

    @property
    def sampler(self) -> TrainingLoader:
        """The loader itself, since Lightning announces epochs to a loader's sampler.

        After a finished epoch, that is all Lightning does to resume.
        """
        return self

    def set_epoch(self, epoch: int) -> None:
        """Go to the start of a later epoch; do not restart the current one."""
        if epoch > self._epoch:
            self._epoch, self._position = epoch, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the epoch, which Lightning stores in checkpoints."""
        return {"epoch": self._epoch, "position": self._position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue the next iteration from a stored position."""
        self._epoch, self._position, self._resumed = state["epoch"], state["position"], True


def _check(n_examples: int, batch_size: int, negatives: int, *, in_batch: bool) -> None:
    checks.integer("batch.size", batch_size, 1)
    if n_examples < batch_size:
        raise InputError(
            f"batch.size={batch_size} is more than the {n_examples} training examples: use "
            f"batch.size={n_examples} or less"
        )
    if negatives == 0 and not in_batch:
        raise InputError(
            "negatives.per_example=0 with batch.in_batch=false leaves no negatives: set one of "
            "them higher"
        )
    if negatives == 0 and batch_size == 1:
        raise InputError(
            "batch.size=1 with negatives.per_example=0 leaves no negatives: use a larger "
            "batch.size, or negatives.per_example=1 or more"
        )
