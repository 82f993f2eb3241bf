"""Encoding of texts in chunks of similar length, because padding costs as much as real tokens."""

from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

# enough to keep a core busy, while activations stay in its cache and little is padding
CPU_TOKENS = 384
ACCELERATOR_TOKENS = 16384  # keeps many units busy at once
# there, a chunk with this share of its tokens ends where items become this much shorter
ENOUGH, SHORTER = 0.25, 0.75


class Chunks(nn.Module):
    """Applies a function to n items in chunks, longest first, and restores the order of the items.

    Args:
        tokens: upper bound of items x longest item in a chunk, that is, of its tokens with padding;
            a longer item is a separate chunk. None: the best value for the device.
        recompute: keep no activations of a chunk; they are recomputed in the backward pass, with
            the same dropout.

    Attributes:
        recomputed_tokens: the upper bound of a chunk whose activations are recomputed, where it is
            another than that of evaluation.
    """

    def __init__(self, tokens: int | None, *, recompute: bool) -> None:
        super().__init__()
        self.tokens = tokens
        self.recompute = recompute
        self.recomputed_tokens: int | None = None

    def forward(self, function: Callable[[Tensor], Tensor], lengths: Tensor) -> Tensor:
        """Return one result per item, [n, ...].

        Args:
            function: rows of some items [m] -> their results [m, ...].
            lengths: [n] tokens of each item.
        """
        order = self.order(lengths)
        return torch.cat(self.parts(function, lengths))[order.argsort()]

    def parts(self, function: Callable[[Tensor], Tensor], lengths: Tensor) -> list[Tensor]:
        """Return the results chunk by chunk, in the order of `order`."""
        keep_nothing = self.recompute and torch.is_grad_enabled()
        order = self.order(lengths)
        bound = self.recomputed_tokens if keep_nothing else None
        sizes = self.sizes(lengths[order].tolist(), lengths.device, bound)
        chunks = torch.split(order, sizes)
        return [
            checkpoint(function, rows, use_reentrant=False) if keep_nothing else function(rows)
            for rows in chunks
        ]

    def sizes(
        self, falling: list[int], device: torch.device, bound: int | None = None
    ) -> list[int]:
        """Return the number of items of each chunk.

        Args:
            falling: tokens of each item, longest first.
            device: where they are encoded.
            bound: upper bound of the tokens; None: the usual one.
        """
        is_cpu = device.type == "cpu"
        bound = bound or self.tokens or (CPU_TOKENS if is_cpu else ACCELERATOR_TOKENS)
        # a CPU's chunks are so small that padding is next to nothing
        enough = bound if is_cpu else ENOUGH * bound
        sizes: list[int] = []
        done = 0
        while done < len(falling):
            sizes.append(_size(falling, done, bound, enough))
            done += sizes[-1]
        return sizes

    @staticmethod
    def order(lengths: Tensor) -> Tensor:
        """Return the items by falling length, [n]."""
        return lengths.argsort(descending=True, stable=True)


def _size(falling: list[int], first: int, bound: int, enough: float) -> int:
    """Return how many items, from `first` on, make a chunk."""
    longest = max(1, falling[first])
    most = min(max(1, bound // longest), len(falling) - first)
    may_end = range(max(1, ceil(enough / longest)), most)
    return next((n for n in may_end if falling[first + n] < SHORTER * longest), most)
