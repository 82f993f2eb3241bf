"""Word vectors of a batch, looked up once for all of its chunks."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class WordVectors:
    """The input of a Hugging Face encoder for token ids: their word vectors in training, else ids.

    The gradient of a look-up is as large as the whole table, tens of megabytes, and is accumulated
    for each look-up: here once per batch, not once per chunk. The results are the same. RoBERTa and
    similar models number positions by the ids that are not padding, so these numbers are passed
    along (a text may contain the padding token literally).

    Args:
        model: the Hugging Face model.
        ids: all token ids of the batch.
        also: further ids that its chunks may hold: padding, special tokens.
    """

    def __init__(self, model: nn.Module, ids: Tensor, also: Iterable[int]) -> None:
        table: Any = model.get_input_embeddings()  # type: ignore[operator] # Hugging Face's
        self._vectors: Tensor | None = None
        self._padding = padding_of_positions(model)
        if torch.is_grad_enabled() and table.weight.requires_grad:
            distinct = torch.unique(torch.cat([ids, ids.new_tensor(list(also))]))
            self._places = ids.new_zeros(len(table.weight)).index_copy_(
                0, distinct, torch.arange(len(distinct), device=ids.device)
            )
            self._vectors = table(distinct)

    def of(self, ids: Tensor) -> dict[str, Tensor]:
        """Return the argument for a chunk's token ids [n, L]."""
        if self._vectors is None:
            return {"input_ids": ids}
        vectors = {"inputs_embeds": functional.embedding(self._places[ids], self._vectors)}
        if self._padding is None:
            return vectors
        counted = (ids != self._padding).long()
        return vectors | {"position_ids": counted.cumsum(1) * counted + self._padding}


def padding_of_positions(model: nn.Module) -> int | None:
    """Return the id from which RoBERTa and similar models count positions; None: from 0."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            return module.padding_idx
    return None
