"""A pretrained sentence encoder for the semantic noise: a Hugging Face folder or hub name, pooled over its last layer."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from data.collection import Collection
from errors import InputError
from noise import checks
from noise.encoders import Vectors, unit

BATCH = 32


class TransformerTextEncoder:
    """A `TextEncoder` around `transformers.AutoModel`; it loads at first use and serves any collection.

    Args:
        path: folder or hub name of the encoder; `packaged:minilm` for the MiniLM of the optional package.
        pooling: `mean` over the tokens, or `cls`, the first one.
        max_length: longer texts are cut after this many tokens.

    Raises:
        InputError: pooling or max_length is not usable.
    """

    def __init__(self, path: str, pooling: str = "mean", max_length: int = 256) -> None:
        self.path = path
        self.pooling = checks.choice("noise.encoder.pooling", pooling, {"mean", "cls"})
        self.max_length = checks.integer("noise.encoder.max_length", max_length, 1)

    def ready(self, collection: Collection) -> "TransformerTextEncoder":  # noqa: ARG002 - nothing to fit
        """Return the encoder itself."""
        return self

    @property
    def name(self) -> str:
        """The path as configured, without the folders above it."""
        return f"{Path(self.path).name}-{self.pooling}-{self.max_length}"

    @cached_property
    def fingerprint(self) -> str:
        """Hash over all weights, pooling and length (hex)."""
        digest = hashlib.blake2b(f"{self.pooling}|{self.max_length}".encode(), digest_size=16)
        for key, weight in sorted(self._model.state_dict().items()):
            digest.update(key.encode())
            digest.update(weight.numpy().tobytes())
        return digest.hexdigest()

    @property
    def dimensions(self) -> int:
        """Width of the last layer D."""
        return int(self._model.config.hidden_size)

    def encode(self, texts: list[str]) -> Vectors:
        """Return unit vectors [n, D]; texts of similar length share a batch."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        by_length = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
        for begin in range(0, len(texts), BATCH):
            places = by_length[begin : begin + BATCH]
            vectors[places] = self._pooled([texts[place] for place in places])
        return unit(vectors)

    def _pooled(self, texts: list[str]) -> Vectors:
        import torch

        inputs = self._tokenizer(texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt")
        with torch.inference_mode():
            states = self._model(**inputs).last_hidden_state  # [b, L, D]
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            mask = inputs["attention_mask"].unsqueeze(-1).float()  # [b, L, 1]
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        return np.asarray(pooled.float().numpy(), np.float32)

    @cached_property
    def _folder(self) -> str:
        from data.packaged_weights import resolve

        return resolve(self.path)

    @cached_property
    def _tokenizer(self) -> Any:  # noqa: ANN401 - its class depends on the folder
        from transformers import AutoTokenizer

        return self._loaded(AutoTokenizer)

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 - its class depends on the folder
        from transformers import AutoModel

        return self._loaded(AutoModel).float().eval()

    def _loaded(self, auto_class: Any) -> Any:  # noqa: ANN401
        try:
            return auto_class.from_pretrained(self._folder)
        except (OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InputError(
                f"noise.encoder.path={self.path} cannot be loaded as an encoder: {reason} Give a folder with config, weights and "
                "tokenizer, a hub name that is downloaded, or choose noise/encoder=lsa"
            ) from error
