"""Static encoder: the weighted sum of a text's token vectors, without attention or order."""

import copy
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from data import Tokens
from errors import InputError
from lightning_modules.loading.layout import SavedModule, TokenSettings
from lightning_modules.networks.text_encoder import TextEncoder


class StaticEncoder(TextEncoder):
    """Bag of token vectors with one learned weight per token.

    A text with tokens t_1..t_L is sum_l w[t_l] E[t_l]. With random vectors and the tokens' inverse
    document frequencies as weights, the untrained encoder is a random projection of the TF-IDF
    vector.

    Args:
        vectors: [V, D] initial vector of each token of the vocabulary.
        weights: [V] initial weight of each.
    """

    shares_base = False
    exports_length = False  # sentence-transformers takes the mean of the token vectors

    def __init__(self, vectors: Tensor, weights: Tensor) -> None:
        super().__init__()
        self.vectors = nn.Parameter(vectors.clone())
        self.weights = nn.Parameter(weights.clone().float())

    def forward(self, tokens: Tokens) -> Tensor:
        """Encode n texts: ragged tokens -> [n, D]; a text without tokens is the zero vector."""
        return functional.embedding_bag(
            tokens.ids,
            self.vectors,
            tokens.offsets,
            mode="sum",
            per_sample_weights=self.weights[tokens.ids],
            include_last_offset=True,
        )

    def export_modules(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: TokenSettings
    ) -> list[SavedModule]:
        """Return a StaticEmbedding of the weighted token vectors.

        It truncates queries and documents alike, at the documents' length.
        """
        if texts.special_tokens:
            raise InputError(
                "export=true: a static retriever exports without special tokens only; set "
                "model.tokens.special_tokens=false."
            )
        tokenizer.save_pretrained(folder)
        kind = "sentence_transformer.modules.static_embedding.StaticEmbedding"
        weighted = (self.vectors * self.weights.unsqueeze(1)).detach().cpu().contiguous()
        own = folder / "0_StaticEmbedding"
        own.mkdir()
        backend = copy.deepcopy(tokenizer.backend_tokenizer)
        backend.no_padding()
        backend.enable_truncation(texts.document_length)
        backend.save(str(own / "tokenizer.json"))
        return [SavedModule(kind, {}, {"embedding.weight": weighted})]


def inverse_document_frequency(document_frequency: Tensor, documents: int) -> Tensor:
    """Return the smoothed inverse document frequency log((n + 1) / (df + 1)) + 1 of each token.

    Args:
        document_frequency: [V] number of documents in which each token occurs.
        documents: number n of documents.
    """
    return torch.log((documents + 1) / (document_frequency + 1)) + 1
