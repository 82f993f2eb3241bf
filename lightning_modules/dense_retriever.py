"""Dense single-vector retriever: one vector a query, one a document, and a similarity between them."""

from torch import Tensor, nn
from torch.nn import functional

from data import Batch, Tokens
from errors import InputError

SIMILARITIES = ("cosine", "dot")


class DenseRetriever(nn.Module):
    """Scores a query and a document by the similarity of their vectors.

    Args:
        encoder: encodes ragged tokens of n texts to [n, D].
        document_encoder: separate tower for documents; None: documents share the queries' encoder.
        similarity: cosine (vectors are normalised, so that a dot product is their cosine) or dot.
        temperature: positive; `scores` divides by it.

    Raises:
        InputError: for an unknown similarity or a temperature that is not positive.
    """

    def __init__(self, encoder: nn.Module, *, document_encoder: nn.Module | None = None, similarity: str, temperature: float) -> None:
        super().__init__()
        if similarity not in SIMILARITIES:
            raise InputError(f"model.network.similarity={similarity}: must be one of {', '.join(SIMILARITIES)}.")
        if not temperature > 0:
            raise InputError(f"model.network.temperature={temperature}: must be a positive number, e.g. 0.05 for cosine or 1 for dot.")
        self.encoder = encoder
        self.document_encoder = document_encoder
        self.normalised = similarity == "cosine"
        self.temperature = temperature

    def encode_queries(self, tokens: Tokens) -> Tensor:
        """Encodes n queries to [n, D]."""
        return self._similarity_space(self.encoder(tokens))

    def encode_documents(self, tokens: Tokens) -> Tensor:
        """Encodes n documents to [n, D]."""
        encoder = self.encoder if self.document_encoder is None else self.document_encoder
        return self._similarity_space(encoder(tokens))

    def scores(self, batch: Batch) -> Tensor:
        """Similarity over temperature of every query with every document of the batch, [B, U]."""
        return self.encode_queries(batch.queries) @ self.encode_documents(batch.documents).T / self.temperature

    def _similarity_space(self, vectors: Tensor) -> Tensor:
        return functional.normalize(vectors, dim=-1) if self.normalised else vectors
