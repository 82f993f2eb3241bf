"""A batch shared by several processes, which train exactly like one process with that batch.

Every process has the whole batch and encodes its share of the texts; the encodings are gathered,
and every process computes the same scores and the same loss over all rows. The gradient that
reaches a process's own encodings is then already complete. The backward pass communicates nothing;
the gradient is multiplied by the number of processes only because DistributedDataParallel divides
by it.
"""

from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from data import Tokens
from errors import InputError
from lightning_modules.layers.ragged_tensor import take


class Share(NamedTuple):
    """The items of this process, and the way back from the gathered order to the batch's.

    Attributes:
        own: [m] items of this process.
        order: [n] items in the order in which they are gathered; None in a run of one process.
    """

    own: Tensor
    order: Tensor | None

    @classmethod
    def of(cls, lengths: Tensor) -> "Share":
        """Distribute n items by falling length, so that all processes have similar work.

        Args:
            lengths: [n] tokens of each item.

        Raises:
            InputError: if there are fewer items than processes; a process without work would leave
                its gradients out.
        """
        world = world_size()
        if world == 1:
            return cls(torch.arange(len(lengths), device=lengths.device), None)
        if len(lengths) < world:
            raise InputError(
                f"a batch of {len(lengths)} texts cannot be shared by {world} processes: raise "
                "batch.size or use fewer devices."
            )
        by_length = lengths.argsort(descending=True, stable=True)
        return cls(
            by_length[dist.get_rank() :: world],
            torch.cat([by_length[rank::world] for rank in range(world)]),
        )

    def tokens(self, tokens: Tokens) -> Tokens:
        """Return the tokens of this process's texts."""
        return tokens if self.order is None else Tokens(*take(tokens.ids, tokens.offsets, self.own))

    def restored(self, gathered: Tensor) -> Tensor:
        """Return gathered values [n, ...] in the batch's order."""
        return gathered if self.order is None else gathered[self.order.argsort()]


def world_size() -> int:
    """Return the number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def gathered(local: Tensor) -> Tensor:
    """Return the concatenated tensors [m_r, ...] of all processes r; gradients: see the module."""
    if world_size() == 1:
        return local
    together: Tensor = _Gather.apply(local)  # type: ignore[no-untyped-call] # torch's own gap
    return together


class _Gather(torch.autograd.Function):
    @staticmethod
    # autograd's context has no public type
    def forward(ctx: Any, local: Tensor) -> Tensor:
        world, rank = world_size(), dist.get_rank()
        counts = [torch.zeros(1, dtype=torch.int64, device=local.device) for _ in range(world)]
        dist.all_gather(counts, torch.tensor([len(local)], device=local.device))
        sizes = torch.cat(counts).tolist()
        parts = [local.new_zeros(max(sizes), *local.shape[1:]) for _ in range(world)]
        mine = local.new_zeros(max(sizes), *local.shape[1:])  # collectives want equal shapes
        mine[: len(local)] = local
        dist.all_gather(parts, mine)
        ctx.begin, ctx.end, ctx.world = sum(sizes[:rank]), sum(sizes[: rank + 1]), world
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        own: Tensor = gradients[0][ctx.begin : ctx.end] * ctx.world
        return own
