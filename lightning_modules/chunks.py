"""Texts encoded in chunks of similar length, because a padded position costs as much as a real one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


class Chunks(nn.Module):
    """Applies a function to n items in chunks, longest items first, and gives the results back in the items' order.

    Args:
        size: items of a chunk.
        recompute: keep no activations of a chunk; they are computed again on the way back, with the same dropout.
    """

    def __init__(self, size: int, *, recompute: bool) -> None:
        super().__init__()
        self.size = size
        self.recompute = recompute

    def forward(self, function: Callable[[Tensor], Tensor], lengths: Tensor) -> Tensor:
        """One result an item, [n, ...].

        Args:
            function: rows of some items [m] -> their results [m, ...].
            lengths: [n] tokens of each item.
        """
        order = self.order(lengths)
        return torch.cat(self.parts(function, lengths))[order.argsort()]

    def parts(self, function: Callable[[Tensor], Tensor], lengths: Tensor) -> list[Tensor]:
        """The results chunk by chunk, in the order of `order`."""
        keep_nothing = self.recompute and torch.is_grad_enabled()
        chunks = torch.split(self.order(lengths), self.size)
        return [checkpoint(function, rows, use_reentrant=False) if keep_nothing else function(rows) for rows in chunks]

    @staticmethod
    def order(lengths: Tensor) -> Tensor:
        """The items by falling length, [n]."""
        return lengths.argsort(descending=True, stable=True)
