"""Transformer encoder: any Hugging Face encoder, pooled to one vector per text."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

import checks
from data import Tokens
from lightning_modules.layers.chunks import Chunks
from lightning_modules.layers.pooling import POOLINGS
from lightning_modules.layers.ragged_tensor import padded
from lightning_modules.layers.word_vectors import WordVectors
from lightning_modules.loading import layout
from lightning_modules.networks.text_encoder import TextEncoder


class TransformerEncoder(TextEncoder):
    """A Hugging Face encoder, a pooling and, if wanted, a projection.

    Texts are encoded in chunks of similar length; results come back in the order given, and are
    those of one padded batch.

    Args:
        backbone: the Hugging Face model; called with input_ids or inputs_embeds and attention_mask,
            it returns last_hidden_state [n, L, H].
        pooling: mean, cls, max or last.
        pad_id: token id that fills padded positions.
        projection: from the pooled states [n, H] to the vectors [n, D]; None: they are the vectors.
        chunk_tokens: most tokens encoded together, padding included; None: what suits the device.
        recompute: keep no activations of a chunk for the gradients.

    Raises:
        InputError: for an unknown pooling.
    """

    exports_length = True
    shares_base = False

    def __init__(
        self,
        backbone: nn.Module,
        *,
        pooling: str,
        pad_id: int,
        projection: nn.Linear | None = None,
        chunk_tokens: int | None = None,
        recompute: bool = False,
    ) -> None:
        super().__init__()
        checks.choice("model.network.pooling", pooling, POOLINGS)
        self.backbone = backbone
        self.pooling = pooling
        self.pad_id = pad_id
        self.projection = projection
        self.chunks = Chunks(chunk_tokens, recompute=recompute)

    def forward(self, tokens: Tokens) -> Tensor:
        """Encode n texts: ragged tokens -> [n, D]."""
        words = WordVectors(self.backbone, tokens.ids, [self.pad_id])

        def encode(rows: Tensor) -> Tensor:
            ids, mask = padded(tokens.ids, tokens.offsets, rows, self.pad_id)
            output: Any = self.backbone(**words.of(ids), attention_mask=mask.long())
            pooled = POOLINGS[self.pooling](output.last_hidden_state, mask)
            return pooled if self.projection is None else self.projection(pooled)

        vectors: Tensor = self.chunks(encode, tokens.lengths)
        return vectors

    def export_modules(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: layout.TokenSettings
    ) -> list[layout.SavedModule]:
        """Return the encoder, its pooling and its projection as sentence-transformers' modules."""
        settings = layout.feature_extraction() | {
            "query_length": texts.query_length,
            "document_length": texts.document_length,
        }
        encoder = layout.transformer(
            folder, self.backbone, layout.with_length(tokenizer, texts.document_length), **settings
        )
        config: Any = self.backbone.config
        names = {"mean": "mean", "cls": "cls", "max": "max", "last": "lasttoken"}
        pooling = {
            "embedding_dimension": config.hidden_size,
            "pooling_mode": names[self.pooling],
            "include_prompt": True,
        }
        modules = [
            encoder,
            layout.SavedModule("sentence_transformer.modules.pooling.Pooling", pooling),
        ]
        return (
            modules
            if self.projection is None
            else [*modules, layout.dense(self.projection.weight, "sentence_embedding")]
        )
