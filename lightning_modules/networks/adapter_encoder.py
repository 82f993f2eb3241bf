"""Adapter: a head on stored vectors of a frozen encoder."""

from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from data import Tokens
from errors import InputError
from lightning_modules.layers.residual_head import Head
from lightning_modules.loading import layout
from lightning_modules.loading.frozen import FrozenEncoder
from lightning_modules.networks.text_encoder import TextEncoder


class AdapterEncoder(TextEncoder):
    """A head on given vectors.

    Args:
        head: changes a vector.
        source: hash (hex) of the source of the vectors; weights trained on others are refused.
        base: the encoder of the vectors; None: they came from outside.
    """

    exports_length = True
    shares_base = True
    source: Tensor
    precision: Tensor

    def __init__(self, head: Head, *, source: str, base: FrozenEncoder | None) -> None:
        super().__init__()
        self.head = head
        self.base = base
        digest = torch.frombuffer(bytearray(source.encode()), dtype=torch.uint8)
        self.register_buffer("source", digest)
        # follows the precision of the network, also where no weights do
        self.register_buffer("precision", torch.zeros(()), persistent=False)
        register: Any = self.register_load_state_dict_pre_hook  # torch leaves it untyped
        register(_refuse_other_vectors)

    def forward(self, tokens: Tokens) -> Tensor:
        """Change n vectors: texts of one token each, given by its vector -> [n, D]."""
        vectors: Tensor = self.head(tokens.ids.to(self.precision.dtype))
        return vectors

    def export_modules(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: layout.TokenSettings
    ) -> list[layout.SavedModule]:
        """Return the encoder, its pooling, and the head as one dense layer, or as two."""
        if self.base is None:
            raise InputError(
                "export=true: with model.vectors there is no encoder to export; set export=false."
            )
        first, *second = self.head.layers()
        head = [
            layout.dense(first, "sentence_embedding", layout.RELU if second else layout.IDENTITY)
        ]
        head += [layout.dense(matrix, "sentence_embedding") for matrix in second]
        return [*self.base.loaded.export_modules(folder, tokenizer, texts), *head]


def _refuse_other_vectors(
    module: nn.Module, state: dict[str, Any], prefix: str, *_others: object
) -> None:
    there, here = state.get(f"{prefix}source"), cast("AdapterEncoder", module).source
    if there is not None and not torch.equal(there.cpu(), here.cpu()):
        raise InputError(
            "model: these weights were trained on the vectors of another encoder, or on vectors "
            "that have changed since. Restore model.path (or model.vectors) as it was, or train "
            "again with overwrite=true."
        )
