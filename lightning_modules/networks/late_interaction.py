"""Late-interaction retriever: one vector per token, and the sum of query tokens' best matches."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from data import Tokens
from lightning_modules.layers.chunks import Chunks
from lightning_modules.layers.ragged_tensor import offsets_of, padded
from lightning_modules.layers.token_vectors import TokenVectors, maxsim
from lightning_modules.layers.word_vectors import WordVectors
from lightning_modules.loading import layout
from lightning_modules.networks.network import Retriever
from lightning_modules.networks.shared_batch import gathered


class LateInteractionRetriever(Retriever[TokenVectors]):
    """Scores by MaxSim over projected, normalised token vectors.

    Args:
        backbone: the Hugging Face model; called with input_ids or inputs_embeds and attention_mask,
            it returns last_hidden_state [n, L, H].
        projection: from a token's state [.., H] to its vector [.., D].
        pad_id: token id that fills padded positions.
        mask_id: token id that augments queries.
        query_length: number of tokens to which queries are augmented; the added ones are not
            attended to, but count in the score. None: no augmentation.
        skipped: token -> id of the documents' tokens that do not count in the score (punctuation);
            they are attended to.
        temperature: positive; `scores` divides by it.
        chunk_tokens: most tokens encoded together, padding included; None: what suits the device.
        recompute: keep no activations of a chunk for the gradients.

    Reference:
        Khattab & Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late
        Interaction over BERT", SIGIR 2020, sections 3.2 and 3.3.
    """

    skipped: Tensor

    def __init__(
        self,
        backbone: nn.Module,
        projection: nn.Linear,
        *,
        pad_id: int,
        mask_id: int,
        query_length: int | None,
        skipped: dict[str, int],
        temperature: float,
        chunk_tokens: int | None = None,
        recompute: bool = False,
    ) -> None:
        super().__init__(temperature)
        self.backbone = backbone
        self.projection = projection
        self.pad_id = pad_id
        self.mask_id = mask_id
        self.query_length = query_length
        self.chunks = Chunks(chunk_tokens, recompute=recompute)
        self._skipped_tokens = list(skipped)
        self.register_buffer(
            "skipped", torch.tensor(list(skipped.values()), dtype=torch.long), persistent=False
        )

    def encode_queries(self, tokens: Tokens) -> TokenVectors:
        """Encode n queries to the vectors of their tokens and of the tokens that augment them."""
        counted = tokens.lengths.clamp(min=self.query_length or 0)
        words = WordVectors(self.backbone, tokens.ids, [self.pad_id, self.mask_id])

        def encode(rows: Tensor) -> Tensor:
            ids, mask = padded(
                tokens.ids, tokens.offsets, rows, self.mask_id if self.query_length else self.pad_id
            )
            added = max(0, int(counted[rows].max()) - ids.shape[1])
            ids, mask = (
                functional.pad(ids, (0, added), value=self.mask_id),
                functional.pad(mask, (0, added), value=False),
            )
            counts = torch.arange(ids.shape[1], device=ids.device) < counted[rows].unsqueeze(1)
            return self._vectors(words.of(ids), mask, counts)

        return self._joined(self.chunks.parts(encode, tokens.lengths), tokens.lengths, counted)

    def encode_documents(self, tokens: Tokens) -> TokenVectors:
        """Encode n documents to token vectors, without skipped tokens but with the first."""
        kept = ~torch.isin(tokens.ids, self.skipped)
        kept[tokens.offsets[:-1]] = True
        counted = offsets_of(kept.long())[tokens.offsets].diff()
        words = WordVectors(self.backbone, tokens.ids, [self.pad_id])

        def encode(rows: Tensor) -> Tensor:
            ids, mask = padded(tokens.ids, tokens.offsets, rows, self.pad_id)
            counts, _ = padded(kept, tokens.offsets, rows, fill=False)
            return self._vectors(words.of(ids), mask, counts)

        return self._joined(self.chunks.parts(encode, tokens.lengths), tokens.lengths, counted)

    def encode_batch(self, queries: Tokens, documents: Tokens) -> tuple[TokenVectors, TokenVectors]:
        """Encode n queries and m documents, each their own way."""
        return self.encode_queries(queries), self.encode_documents(documents)

    def similarities(self, queries: TokenVectors, documents: TokenVectors) -> Tensor:
        """Return the MaxSim of n queries with m documents: [n, m]."""
        return maxsim(queries, documents)

    def gathered(self, encoded: TokenVectors) -> TokenVectors:
        """Return the token vectors of all processes."""
        return TokenVectors(gathered(encoded.vectors), offsets_of(gathered(encoded.offsets.diff())))

    def export(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: layout.TokenSettings
    ) -> None:
        """Write a MultiVectorEncoder."""
        settings = layout.feature_extraction() | {"document_length": texts.document_length}
        if self.query_length is None:
            settings["query_length"] = texts.query_length
        else:
            settings["query_expansion"] = {
                "strategy": "fixed",
                "attend": False,
                "token": None,
                "length": self.query_length,
            }
        cutting = layout.with_length(tokenizer, texts.document_length)
        mask = {
            "skiplist_words": self._skipped_tokens,
            "skiplist_tasks": ["document"],
            "keep_only_token_ids": None,
        }
        modules = [
            layout.transformer(folder, self.backbone, cutting, **settings),
            layout.dense(self.projection.weight, "token_embeddings"),
            layout.SavedModule(
                "multi_vector_encoder.modules.multi_vector_mask.MultiVectorMask", mask
            ),
            layout.normalize("token_embeddings"),
        ]
        prompts = {"query": texts.query_prefix, "document": texts.document_prefix}
        layout.write(
            folder,
            modules,
            model_type="MultiVectorEncoder",
            prompts=prompts,
            similarity_fn_name="maxsim",
        )

    def _vectors(self, words: dict[str, Tensor], mask: Tensor, counts: Tensor) -> Tensor:
        """Return vectors of the tokens that count, text after text: [M, D]."""
        output: Any = self.backbone(**words, attention_mask=mask.long())
        return functional.normalize(self.projection(output.last_hidden_state[counts]), dim=-1)

    def _joined(self, parts: list[Tensor], lengths: Tensor, counted: Tensor) -> TokenVectors:
        order = self.chunks.order(lengths)
        return TokenVectors(torch.cat(parts), offsets_of(counted[order])).take(order.argsort())
