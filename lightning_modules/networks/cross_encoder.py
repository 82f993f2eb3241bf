"""Cross-encoder: query and document read together, for one logit per pair.

It is too slow to search a collection, so it re-ranks the candidates of a first stage.
"""

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from data import Batch, Tokens
from errors import InputError
from lightning_modules.layers.chunks import Chunks
from lightning_modules.layers.pair_template import PairTemplate
from lightning_modules.layers.pooling import last_pool
from lightning_modules.layers.word_vectors import WordVectors
from lightning_modules.loading import layout
from lightning_modules.networks.network import Network
from lightning_modules.networks.shared_batch import Share, gathered


class CrossEncoder(Network):
    """Scores a pair by the logit of a sequence classifier with one class.

    Args:
        classifier: the Hugging Face model; called with input_ids or inputs_embeds, attention_mask
            and, if it has them, token_type_ids, it returns logits [n, 1].
        template: joins query and document.
        pad_id: token id that fills padded positions.
        pair_length: most tokens of a pair; the document is cut.
        temperature: positive; `scores` divides by it.
        chunk_tokens: most tokens scored together, padding included; None: what suits the device.
        recompute: keep no activations of a chunk for the gradients.

    Reference:
        Nogueira & Cho, "Passage Re-ranking with BERT", arXiv 1901.04085, 2019, section 2.
    """

    def __init__(
        self,
        classifier: nn.Module,
        template: PairTemplate,
        *,
        pad_id: int,
        pair_length: int,
        temperature: float,
        chunk_tokens: int | None = None,
        recompute: bool = False,
    ) -> None:
        super().__init__(temperature)
        self.classifier = classifier
        self.template = template
        self.pad_id = pad_id
        self.pair_length = pair_length
        self.chunks = Chunks(chunk_tokens, recompute=recompute)
        config: Any = classifier.config
        self._typed = getattr(config, "type_vocab_size", 0) > 1

    def check_query_length(self, query_length: int) -> None:
        """Check that the longest query leaves room for a document.

        Raises:
            InputError: it fills the pair, so that the document would not be read.
        """
        least = query_length + self.template.added + 1
        if self.pair_length < least:
            raise InputError(
                f"model.network.pair_length={self.pair_length}: with model.tokens.query_length="
                f"{query_length} and {self.template.added} special tokens, a long query would "
                f"leave no room for the document. Raise the first to {least} at least, or lower "
                "the second."
            )

    def scores(self, batch: Batch) -> Tensor:
        """Return logits divided by the temperature, [B, U]; 0 where the mask is False."""
        pairs = batch.mask.nonzero()
        share = Share.of(batch.queries.lengths[pairs[:, 0]] + batch.documents.lengths[pairs[:, 1]])
        logits = share.restored(
            gathered(self.pair_scores(batch.queries, batch.documents, pairs[share.own]))
        )
        return (
            logits.new_zeros(batch.mask.shape).index_put((pairs[:, 0], pairs[:, 1]), logits)
            / self.temperature
        )

    def encoded_lengths(self, batch: Batch) -> Tensor:
        """Return the tokens of each pair in the mask, special ones apart [P]."""
        return self._pair_lengths(batch.queries, batch.documents, batch.mask.nonzero())

    def pair_scores(self, queries: Tokens, documents: Tokens, pairs: Tensor) -> Tensor:
        """Return the logits of chosen pairs.

        Args:
            queries: token ids of n queries, without special tokens.
            documents: token ids of m documents, without special tokens.
            pairs: [P, 2] row of the query and row of the document.

        Returns:
            [P] logits, not divided by the temperature.
        """
        words = WordVectors(
            self.classifier,
            torch.cat([queries.ids, documents.ids]),
            [self.pad_id, *self.template.special_ids],
        )

        def score(rows: Tensor) -> Tensor:
            ids, types, mask = self.template.join(
                queries, documents, pairs[rows], pad_id=self.pad_id, length=self.pair_length
            )
            kinds = {"token_type_ids": types} if self._typed else {}
            return self._logits(mask, attention_mask=mask.long(), **words.of(ids), **kinds)

        logits: Tensor = self.chunks(score, self._pair_lengths(queries, documents, pairs))
        return logits

    def _pair_lengths(self, queries: Tokens, documents: Tokens, pairs: Tensor) -> Tensor:
        lengths = queries.lengths[pairs[:, 0]] + documents.lengths[pairs[:, 1]]
        return torch.clamp(lengths, max=self.pair_length - self.template.added)

    def _logits(self, mask: Tensor, **inputs: Tensor) -> Tensor:
        """Return the classifier's logit of each pair [n].

        Decoders score every token, and the last one counts. They find it by the padding id, which
        word vectors do not show, and which may stand in a text; the mask knows.
        """
        score = getattr(self.classifier, "score", None)
        model: Any = self.classifier if score is None else self.classifier.base_model
        output: Any = model(**inputs)
        if score is None:
            logits: Tensor = output.logits
        else:
            logits = score(last_pool(output.last_hidden_state, mask))
        return logits.squeeze(-1)

    def export(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: layout.TokenSettings
    ) -> None:
        """Write a CrossEncoder, which gives logits."""
        if texts.query_prefix or texts.document_prefix:
            raise InputError(
                "export=true: a cross-encoder exports without prefixes; set "
                "model.tokens.query_prefix and document_prefix to ''."
            )
        whole: Any = copy.deepcopy(self.classifier)
        setattr(
            whole, whole.base_model_prefix, layout.merged(getattr(whole, whole.base_model_prefix))
        )
        settings = {
            "transformer_task": "sequence-classification",
            "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
            "module_output_name": "scores",
        }
        modules = [
            layout.transformer(
                folder,
                whole,
                layout.with_length(tokenizer, self.pair_length, typed=self._typed),
                **settings,
            )
        ]
        layout.write(
            folder, modules, model_type="CrossEncoder", prompts={}, activation_fn=layout.IDENTITY
        )
