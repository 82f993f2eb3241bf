"""Vectors as inputs: from a frozen encoder, computed once, or from a folder."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from omegaconf import DictConfig
from transformers import PreTrainedTokenizerFast

from cells.inputs.reader import Reader, TokenIds
from cells.training.device import on_device
from data import Collection, TokenStore, VectorFolder, VectorStore, text_fingerprint
from errors import InputError
from evaluation.encode import encode_store
from evaluation.search_method import evaluating, to_device_of
from lightning_modules.loading.frozen import FrozenEncoder, source

if TYPE_CHECKING:
    from data.storage.cache import JsonValue

VECTORS = "vectors.npy"
VERSION = 1


class FrozenVectors(Reader):
    """Vectors of a frozen encoder: the first cell computes them, all others map the same file.

    Args:
        cfg: the cell's configuration.
        tokens: the token ids that the encoder reads.

    Raises:
        InputError: for an encoder that cannot be loaded.
    """

    tokenizer: PreTrainedTokenizerFast

    def __init__(self, cfg: DictConfig, tokens: TokenIds) -> None:
        assert tokens.tokenizer is not None
        self._cfg, self._tokens = cfg, tokens
        self.tokenizer = tokens.tokenizer
        lengths = {side: cfg.model.tokens[side] for side in ("query_length", "document_length")}
        self._encoder = FrozenEncoder(
            cfg.model.path, cfg.model.network.pooling, tokens.tokenizer, lengths
        )

    @cached_property
    def _source(self) -> str:
        return source(self._encoder, [self._tokens.for_queries.key, self._tokens.for_documents.key])

    def documents(self) -> VectorStore:
        """Return the vectors of all documents."""
        return self._store(
            self._tokens.documents, self._tokens.collection.documents_fingerprint, "documents"
        )

    def queries(self, texts: Mapping[str, str]) -> VectorStore:
        """Return the vectors of queries."""
        fingerprint = text_fingerprint(list(texts.values()))
        return self._store(lambda: self._tokens.queries(texts), fingerprint, "queries")

    def _store(self, tokens: Callable[[], TokenStore], fingerprint: str, side: str) -> VectorStore:
        def build(folder: Path) -> None:
            encoder = self._encoder.loaded
            with on_device(encoder, self._cfg.trainer), evaluating(encoder):
                encode_store(
                    tokens(),
                    lambda batch: encoder(to_device_of(batch, encoder)),
                    batch_tokens=self._cfg.evaluation.batch_tokens,
                    path=folder / VECTORS,
                    description=f"Encoding {side}",
                )

        key: dict[str, JsonValue] = {
            "texts": fingerprint,
            "side": side,
            "source": self._source,
            "version": VERSION,
        }
        folder = self._tokens.collection.cache.folder("frozen_vectors", key, build)
        vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        return VectorStore(vectors.view(np.ndarray), self._source)


class OutsideVectors(Reader):
    """Vectors made by another program.

    Args:
        path: the folder; see `data.VectorFolder`.
        collection: the collection.

    Raises:
        InputError: for a folder that cannot be used.
    """

    def __init__(self, path: str, collection: Collection) -> None:
        self.tokenizer = None
        self._path = path
        self._known = {**collection.train.queries, **collection.validation.queries}
        self._known |= collection.test.queries
        self._folder = VectorFolder(path, collection)

    def documents(self) -> VectorStore:
        """Return the vectors of all documents."""
        return self._folder.documents()

    def queries(self, texts: Mapping[str, str]) -> VectorStore:
        """Return the vectors of queries.

        Raises:
            InputError: for a query that belongs to no split, which nothing can encode.
        """
        new = [query_id for query_id, text in texts.items() if self._known.get(query_id) != text]
        if new:
            raise InputError(
                f"model.vectors={self._path}: a new query needs the encoder, which vectors from a "
                "folder lack. Choose task=retrieve, or set model.path to the encoder and "
                "model.vectors=null."
            )
        return self._folder.queries(texts)
