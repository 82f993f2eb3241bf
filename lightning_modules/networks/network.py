"""The interface of networks, for training and evaluation."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

import checks
from data import Batch, Tokens
from lightning_modules.loading.layout import TokenSettings
from lightning_modules.networks.shared_batch import Share

Encoded = TypeVar("Encoded")


class Network(nn.Module, ABC):
    """Scores queries against documents.

    Args:
        temperature: positive; `scores` divides by it.

    Raises:
        InputError: for a temperature that is not positive.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        example = "0.05 for cosine or 1 for dot"
        self.temperature = checks.positive("model.network.temperature", temperature, example)

    @abstractmethod
    def scores(self, batch: Batch) -> Tensor:
        """Score every query with every document of the batch, divided by the temperature, [B, U].

        Values outside `batch.mask` may be any finite numbers.

        In distributed training every process passes the same batch, encodes its share and returns
        the scores of all, so that training equals that of one process.
        """

    @abstractmethod
    def encoded_lengths(self, batch: Batch) -> Tensor:
        """Return the tokens of each text, or pair of texts, that `scores` encodes [n]."""

    @abstractmethod
    def export(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: TokenSettings
    ) -> None:
        """Write the network for sentence-transformers, with its scores at temperature 1.

        Args:
            folder: exists and is empty.
            tokenizer: the tokenizer.
            texts: how texts become tokens.

        Raises:
            InputError: if the layout cannot represent the network.
        """


class Retriever(Network, Generic[Encoded]):
    """Encodes queries and documents separately, so that a collection is encoded only once."""

    @abstractmethod
    def encode_queries(self, tokens: Tokens) -> Encoded:
        """Encode n queries."""

    @abstractmethod
    def encode_documents(self, tokens: Tokens) -> Encoded:
        """Encode n documents."""

    @abstractmethod
    def encode_batch(self, queries: Tokens, documents: Tokens) -> tuple[Encoded, Encoded]:
        """Encode n queries and m documents of a training step, together where that is faster."""

    @abstractmethod
    def similarities(self, queries: Encoded, documents: Encoded) -> Tensor:
        """Return similarities of n queries and m documents, [n, m], before the temperature."""

    @abstractmethod
    def gathered(self, encoded: Encoded) -> Encoded:
        """Return the encodings of all processes, with gradients to this process's own."""

    def encoded_lengths(self, batch: Batch) -> Tensor:
        """Return the tokens of each query, then of each document [B + U]."""
        return torch.cat([batch.queries.lengths, batch.documents.lengths])

    def scores(self, batch: Batch) -> Tensor:
        """Return the similarities in the batch, divided by the temperature, [B, U]."""
        queries, documents = Share.of(batch.queries.lengths), Share.of(batch.documents.lengths)
        encoded = self.encode_batch(
            queries.tokens(batch.queries), documents.tokens(batch.documents)
        )
        similarities = self.similarities(self.gathered(encoded[0]), self.gathered(encoded[1]))
        return documents.restored(queries.restored(similarities).T).T / self.temperature
