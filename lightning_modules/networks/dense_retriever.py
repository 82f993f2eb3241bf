"""Dense single-vector retriever: one vector per query and document, and their similarity."""

from pathlib import Path

from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

import checks
from data import Tokens, joined
from errors import InputError
from lightning_modules.layers.autocast import at_least_single, without_autocast
from lightning_modules.loading import layout
from lightning_modules.networks.network import Retriever
from lightning_modules.networks.shared_batch import gathered
from lightning_modules.networks.text_encoder import TextEncoder

SIMILARITIES = ("cosine", "dot")


class DenseRetriever(Retriever[Tensor]):
    """Scores a query and a document by the similarity of their vectors.

    Args:
        encoder: encodes ragged tokens of n texts to [n, D].
        document_encoder: separate tower for documents; None: documents share the queries' encoder.
        similarity: cosine (vectors are normalised, so that a dot product is their cosine) or dot.
        temperature: positive; `scores` divides by it.

    Raises:
        InputError: for an unknown similarity or a temperature that is not positive.

    Reference:
        Karpukhin et al., "Dense Passage Retrieval for Open-Domain Question Answering", EMNLP 2020,
        section 3.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        document_encoder: TextEncoder | None = None,
        similarity: str,
        temperature: float,
    ) -> None:
        super().__init__(temperature)
        checks.choice("model.network.similarity", similarity, SIMILARITIES)
        self.encoder = encoder
        self.document_encoder = document_encoder
        self.normalised = similarity == "cosine"

    def encode_queries(self, tokens: Tokens) -> Tensor:
        """Encode n queries to [n, D]."""
        return self._similarity_space(self.encoder(tokens))

    def encode_documents(self, tokens: Tokens) -> Tensor:
        """Encode n documents to [n, D]."""
        encoder = self.encoder if self.document_encoder is None else self.document_encoder
        return self._similarity_space(encoder(tokens))

    def encode_batch(self, queries: Tokens, documents: Tokens) -> tuple[Tensor, Tensor]:
        """Encode n queries and m documents to [n, D] and [m, D], in one pass of a shared encoder.

        A static encoder then writes one gradient of the size of its vocabulary instead of two and
        their sum, and a transformer packs short documents with queries of their length.
        """
        if self.document_encoder is not None:
            return self.encode_queries(queries), self.encode_documents(documents)
        vectors = self._similarity_space(self.encoder(joined(queries, documents)))
        return vectors[: len(queries.lengths)], vectors[len(queries.lengths) :]

    def export(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: layout.TokenSettings
    ) -> None:
        """Write a SentenceTransformer."""
        apart = self.document_encoder
        if apart is not None and not apart.shares_base:
            raise InputError(
                "export=true: the layout holds one encoder, not separate towers; set "
                "model.network.shared=true."
            )
        if not self.normalised and not self.encoder.exports_length:
            raise InputError(
                "export=true: this encoder exports with cosine only; set "
                "model.network.similarity=cosine."
            )
        modules = self.encoder.export_modules(folder, tokenizer, texts)
        if apart is not None:
            modules = layout.routed(modules, apart.export_modules(folder, tokenizer, texts))
        layout.write(
            folder,
            [*modules, layout.normalize("sentence_embedding")] if self.normalised else modules,
            model_type="SentenceTransformer",
            prompts={"query": texts.query_prefix, "document": texts.document_prefix},
            similarity_fn_name="cosine" if self.normalised else "dot",
        )

    def similarities(self, queries: Tensor, documents: Tensor) -> Tensor:
        """Return dot products of n queries [n, D] with m documents [m, D]: [n, m].

        In single precision: bfloat16 rounds a cosine by up to .002, which a temperature of .05
        makes .04.
        """
        with without_autocast(queries.device):
            return at_least_single(queries) @ at_least_single(documents).T

    def gathered(self, encoded: Tensor) -> Tensor:
        """Return the vectors [n, D] of all processes."""
        return gathered(encoded)

    def _similarity_space(self, vectors: Tensor) -> Tensor:
        return functional.normalize(vectors, dim=-1) if self.normalised else vectors
