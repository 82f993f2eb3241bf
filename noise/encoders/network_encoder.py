"""Trained retrievers as encoders of the noise: exports, or pretrained Hugging Face encoders."""

import json
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import checks
from data.collections.collection import Collection
from errors import InputError
from noise.encoders.embeddings import Vectors, unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from data import TextTokenizer, Tokens
    from lightning_modules.loading.pretrained import PretrainedRetriever

PATH = "noise.encoder.path"
KEYS = {"model.path": PATH, "model.max_length": "noise.encoder.max_length"}


class ExportedEncoder:
    """A dense or static retriever of this project, with its pooling, prefixes and lengths.

    It is loaded at first use.

    Args:
        path: the folder that `export=true` wrote.

    Raises:
        InputError: no path is given.
    """

    def __init__(self, path: str | None) -> None:
        if path is None:
            raise InputError(
                f"{PATH}=null: give the folder of an exported dense or static model (export=true "
                "writes one)"
            )
        self.path = path

    def build(self, collection: Collection) -> "NetworkEncoder":  # noqa: ARG002 - nothing to fit
        """Return the encoder.

        Raises:
            InputError: the folder holds no export of such a model, or a damaged one.
        """
        return self._encoder

    @cached_property
    def _encoder(self) -> "NetworkEncoder":
        from lightning_modules.loading.pretrained import exported_retriever

        with checks.naming(KEYS):
            return NetworkEncoder(Path(self.path).resolve().name, exported_retriever(self.path))


class TransformerTextEncoder:
    """A Hugging Face encoder, pooled over its last layer; it loads at first use.

    Args:
        path: folder or hub name of the encoder; `packaged:minilm` for the MiniLM of the optional
            package.
        pooling: `mean` over the tokens, or `cls`, the first one.
        max_length: longer texts are cut after this many tokens.

    Raises:
        InputError: pooling or max_length is not usable.
    """

    def __init__(self, path: str, pooling: str = "mean", max_length: int = 256) -> None:
        self.path = path
        self.pooling = checks.choice("noise.encoder.pooling", pooling, {"mean", "cls"})
        self.max_length = checks.integer("noise.encoder.max_length", max_length, 1)

    def build(self, collection: Collection) -> "NetworkEncoder":  # noqa: ARG002 - nothing to fit
        """Return the encoder.

        Raises:
            InputError: there is no such encoder, its weights are missing, truncated or incomplete,
                or it takes fewer tokens.
        """
        return self._encoder

    @cached_property
    def _encoder(self) -> "NetworkEncoder":
        from lightning_modules.loading.pretrained import transformer_retriever
        from lightning_modules.loading.saved import is_export

        if is_export(self.path):
            raise InputError(
                f"{PATH}={self.path} is an export of this project. Take noise/encoder=export, "
                "which reads its pooling and prefixes"
            )
        with checks.naming(KEYS):
            retriever = transformer_retriever(
                self.path, pooling=self.pooling, max_length=self.max_length
            )
        return NetworkEncoder(f"{Path(self.path).name}-{self.pooling}-{self.max_length}", retriever)


class NetworkEncoder:
    """A `SimilarityEncoder` around a retriever, with unit vectors whatever its own similarity.

    Args:
        name: for the audit.
        retriever: network and tokenizers.
    """

    def __init__(self, name: str, retriever: "PretrainedRetriever") -> None:
        self.name = name
        self._retriever = retriever

    @cached_property
    def fingerprint(self) -> str:
        """Hash (hex) of weights, pooling and tokenisation."""
        network, *texts = self._retriever
        pooling = getattr(network.encoder, "pooling", "sum")
        digest = blake2b(
            json.dumps([pooling, *(side.key for side in texts)], sort_keys=True).encode(),
            digest_size=16,
        )
        for key, weight in sorted(network.state_dict().items()):
            digest.update(key.encode())
            digest.update(weight.numpy().tobytes())
        return digest.hexdigest()

    @cached_property
    def dimensions(self) -> int:
        """Length D of the vectors."""
        return int(self.encode_documents(["one"]).shape[1])

    def encode_queries(self, texts: list[str]) -> Vectors:
        """Return unit vectors [n, D] of queries."""
        return _encoded(texts, self._retriever.queries, self._retriever.network.encode_queries)

    def encode_documents(self, texts: list[str]) -> Vectors:
        """Return unit vectors [n, D] of documents."""
        return _encoded(texts, self._retriever.documents, self._retriever.network.encode_documents)


def _encoded(
    texts: list[str], tokenizer: "TextTokenizer", encode: "Callable[[Tokens], Tensor]"
) -> Vectors:
    import torch

    with torch.inference_mode():
        return unit(np.asarray(encode(tokenizer.tokens(texts)).numpy(), np.float32))
