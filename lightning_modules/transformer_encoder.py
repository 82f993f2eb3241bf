"""Transformer encoder: any Hugging Face encoder, pooled to one vector a text."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from data import Tokens
from errors import InputError


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Mean of the real tokens' states: [n, L, D], [n, L] -> [n, D]."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def cls_pool(states: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001 - one call shape for all poolings
    """State of the first token: [n, L, D], [n, L] -> [n, D]."""
    return states[:, 0]


def max_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Maximum over the real tokens' states: [n, L, D], [n, L] -> [n, D]."""
    lowest = torch.finfo(states.dtype).min
    return states.masked_fill(~mask.unsqueeze(-1), lowest).amax(1)


POOLINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mean": mean_pool, "cls": cls_pool, "max": max_pool}


class TransformerEncoder(nn.Module):
    """A Hugging Face encoder and a pooling.

    Texts are encoded in chunks of similar length, because a padded position costs as much as a real one; results come back in the order
    given, and are those of one padded batch.

    Args:
        backbone: the Hugging Face model; called with input_ids and attention_mask, it returns last_hidden_state [n, L, D].
        pooling: mean, cls or max.
        pad_id: token id that fills padded positions.
        chunk: texts encoded together.

    Raises:
        InputError: for an unknown pooling.
    """

    def __init__(self, backbone: nn.Module, *, pooling: str, pad_id: int, chunk: int = 16) -> None:
        super().__init__()
        if pooling not in POOLINGS:
            raise InputError(f"model.network.pooling={pooling}: must be one of {', '.join(POOLINGS)}.")
        self.backbone = backbone
        self.pool = POOLINGS[pooling]
        self.pad_id = pad_id
        self.chunk = chunk

    def forward(self, tokens: Tokens) -> Tensor:
        """Encodes n texts: ragged tokens -> [n, D]."""
        lengths = tokens.offsets.diff()
        order = lengths.argsort(descending=True, stable=True)
        pooled = [self._encode(tokens, rows, lengths) for rows in torch.split(order, self.chunk)]
        return torch.cat(pooled)[order.argsort()]

    def _encode(self, tokens: Tokens, rows: Tensor, lengths: Tensor) -> Tensor:
        ids, mask = padded(tokens, rows, lengths, self.pad_id)
        states: Any = self.backbone(input_ids=ids, attention_mask=mask.long())
        return self.pool(states.last_hidden_state, mask)


def padded(tokens: Tokens, rows: Tensor, lengths: Tensor, pad_id: int) -> tuple[Tensor, Tensor]:
    """Pads some of the texts to the longest of them.

    Args:
        tokens: ragged token ids of n texts.
        rows: [m] texts to take.
        lengths: [n] number of tokens of each text.
        pad_id: fills positions beyond a text's end.

    Returns:
        ids [m, L] and mask [m, L], True where a real token stands; L is at least 1.
    """
    longest = max(int(lengths[rows].max()), 1)
    positions = torch.arange(longest, device=tokens.ids.device)
    mask = positions < lengths[rows].unsqueeze(1)
    index = (tokens.offsets[rows].unsqueeze(1) + positions).clamp(max=max(len(tokens.ids) - 1, 0))
    return torch.where(mask, tokens.ids[index], pad_id), mask
