"""Evidence about each pair, collected over an epoch and judged at its end."""

import torch
from torch import Tensor

from losses.candidate_lists import CandidateLists
from losses.loss import Needs, Part
from losses.selection.gaussian_mixture import probability_of_low
from losses.stateful.pair_state import PairState


class PairEvidence(Part):
    """The probability that each pair's label is right, from a mixture over the pairs' losses.

    The mixture is fitted after every epoch.

    The loss of a pair is the one that it had when the epoch came by it, so the mixture costs no
    further pass; the published methods evaluate all pairs once more. Everything is in the
    checkpoint.

    Args:
        warmup_epochs: epochs before the first fit, during which every label is right.
    """

    asks = Needs(pair_ids=True)
    epochs: Tensor

    def __init__(self, warmup_epochs: int) -> None:
        super().__init__()
        self.warmup_epochs = warmup_epochs
        self.seen, self.right = PairState(), PairState()
        self.register_buffer("epochs", torch.zeros((), dtype=torch.int64))

    def forward(self, lists: CandidateLists, losses: Tensor) -> Tensor:
        """Return the probability that each label is right, [L]; remember the losses in training.

        Args:
            lists: the lists.
            losses: loss of each, without gradient, [L].
        """
        ids = lists.of_positive(lists.arrange(lists.batch.known_pair_ids()))
        ids = ids.masked_fill(~lists.competes, -1)
        if self.training:
            self.seen.average(ids, losses, 0.0, learn=True)
        return self.right.average(ids, torch.ones_like(losses), 1.0, learn=False)

    @property
    def warm(self) -> bool:
        """Whether no mixture has been fitted yet."""
        return len(self.right.ids) == 0

    def epoch_ended(self) -> None:
        """Fit the mixture to the pairs' last losses."""
        self.epochs += 1
        if self.epochs >= self.warmup_epochs:
            low = probability_of_low(self.seen.values)
            self.right.average(self.seen.ids, low, 0.0, learn=True)
