"""Values of (query, document) pairs, kept across batches, epochs, checkpoints and processes."""

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.functional import pad


class PairState(nn.Module):
    """A growing table from pair ids to numbers, sorted for binary search without loops over pairs.

    In a distributed run every process must call `average` equally often: what one process learns is
    gathered, and all hold the same table. The table is no buffer: it grows, no process needs it
    broadcast, and a change of the model's precision must leave it alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ids = torch.empty(0, dtype=torch.int64)
        self.values = torch.empty(0, dtype=torch.float64)

    def get_extra_state(self) -> dict[str, Tensor]:
        """Return the table, for checkpoints."""
        return {"ids": self.ids, "values": self.values}

    def set_extra_state(self, state: dict[str, Tensor]) -> None:
        """Restore the table."""
        self.ids, self.values = state["ids"].clone(), state["values"].clone()

    @torch.no_grad()
    def average(self, ids: Tensor, values: Tensor, decay: float, *, learn: bool) -> Tensor:
        """Return the moving average of each pair's values: decay * past + (1 - decay) * current.

        Args:
            ids: pair ids, -1 for candidates that have none, any shape.
            values: today's values, same shape.
            decay: weight of the past.
            learn: whether to remember the result.

        Returns:
            The averages, same shape; today's value for a pair met for the first time and for
            candidates without id.
        """
        self.ids, self.values = self.ids.to(ids.device), self.values.to(ids.device)
        named = (ids >= 0).flatten().nonzero().squeeze(-1)
        pairs, today = ids.flatten()[named], values.flatten()[named]
        place, known = self._find(pairs)
        past = self.values[place] if len(self.ids) else today
        mixed = torch.where(known, decay * past + (1 - decay) * today, today)
        if learn:
            self._store(*_combine(*_gather(pairs, mixed.to(self.values.dtype))))
        mixed = mixed.to(values.dtype)
        return values.flatten().index_copy(0, named, mixed).view_as(values)

    def _find(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return the places of ids in the table, and whether they are in it."""
        if len(self.ids) == 0:
            return torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
        place = torch.searchsorted(self.ids, ids).clamp(max=len(self.ids) - 1)
        return place, self.ids[place] == ids

    def _store(self, ids: Tensor, values: Tensor) -> None:
        """Set the values of sorted, distinct ids; merge new ids into the sorted table."""
        place, known = self._find(ids)
        if known.all():
            self.values[place] = values
            return
        self.values[place[known]] = values[known]
        new = ids[~known]
        target = torch.searchsorted(self.ids, new) + torch.arange(len(new), device=ids.device)
        size = len(self.ids) + len(new)
        old = torch.ones(size, dtype=torch.bool, device=ids.device).index_fill_(
            0, target, value=False
        )
        merged_ids, merged_values = self.ids.new_empty(size), self.values.new_empty(size)
        merged_ids[old], merged_values[old] = self.ids, self.values
        merged_ids[target], merged_values[target] = new, values[~known]
        self.ids, self.values = merged_ids, merged_values


def _combine(ids: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return distinct sorted ids and their values; a pair met twice in a step has its mean."""
    distinct, group, count = torch.unique(ids, return_inverse=True, return_counts=True)
    return distinct, torch.zeros_like(distinct, dtype=values.dtype).index_add_(
        0, group, values
    ) / count


def _gather(ids: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the ids and values of all processes, or of this one if it trains alone."""
    if not (dist.is_available() and dist.is_initialized()):
        return ids, values
    world = dist.get_world_size()
    counts = [torch.zeros(1, dtype=torch.int64, device=ids.device) for _ in range(world)]
    dist.all_gather(counts, torch.tensor([len(ids)], device=ids.device))
    longest = int(torch.cat(counts).max())
    all_ids = [ids.new_empty(longest) for _ in range(world)]
    all_values = [values.new_empty(longest) for _ in range(world)]
    # processes may hold different numbers of pairs
    dist.all_gather(all_ids, pad(ids, (0, longest - len(ids)), value=-1))
    dist.all_gather(all_values, pad(values, (0, longest - len(values))))
    named = torch.cat(all_ids) >= 0
    return torch.cat(all_ids)[named], torch.cat(all_values)[named]
