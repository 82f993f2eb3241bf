"""A frozen encoder, loaded only if vectors are missing or it is exported, and its identity."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from data.storage.file_hashes import hash_of
from data.tokenizers.packaged_weights import resolve
from errors import InputError
from lightning_modules.loading.backbone import check_length, check_tokenizer, load_backbone
from lightning_modules.networks.transformer_encoder import TransformerEncoder

WEIGHTS = ("config.json", "*.safetensors", "*.safetensors.index.json", "pytorch_model*.bin")
"""Files of a folder that define its encoder."""


class FrozenEncoder:
    """A Hugging Face encoder that nothing trains.

    Args:
        path: hub name, local folder or `packaged:minilm`.
        pooling: mean, cls, max or last.
        tokenizer: gives the padding id.
        lengths: key below `model.tokens` -> most tokens of a text.
    """

    def __init__(
        self,
        path: str,
        pooling: str,
        tokenizer: PreTrainedTokenizerFast,
        lengths: Mapping[str, int],
    ) -> None:
        self.path, self.pooling = path, pooling
        self._tokenizer, self._lengths = tokenizer, lengths

    @cached_property
    def loaded(self) -> TransformerEncoder:
        """The encoder, in evaluation mode and without gradients.

        Raises:
            InputError: there is no such encoder, it has not all weights, or it does not fit the
                tokenizer or the lengths.
        """
        backbone = load_backbone(self.path, num_hidden_layers=None, seed=0)
        check_tokenizer(self._tokenizer, backbone, self.path)
        for name, length in self._lengths.items():
            check_length(f"model.tokens.{name}", length, backbone, self.path)
        pad_id = self._tokenizer.pad_token_id or 0
        encoder = TransformerEncoder(backbone, pooling=self.pooling, pad_id=pad_id)
        return encoder.requires_grad_(requires_grad=False).eval()

    @property
    def weights(self) -> str:
        """The identity of the unloaded weights: hash of a folder, or commit of a hub model.

        Raises:
            InputError: there is no such encoder.
        """
        folder = Path(resolve(self.path))
        if not folder.is_dir():
            return _revision(self.path)
        files = sorted({file for pattern in WEIGHTS for file in folder.glob(pattern)})
        return ",".join(f"{file.name}={hash_of(file)}" for file in files)


def source(encoder: FrozenEncoder, texts: Sequence[Mapping[str, str | int | bool]]) -> str:
    """Hash of all that a vector depends on beside its text (hex).

    Args:
        encoder: the encoder.
        texts: how queries and documents become tokens (`TextTokenizer.key`).

    Raises:
        InputError: there is no such encoder.
    """
    content = json.dumps([encoder.weights, encoder.pooling, list(map(dict, texts))], sort_keys=True)
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _revision(path: str) -> str:
    from transformers.utils.hub import cached_file

    try:
        config = cached_file(path, "config.json")
    except OSError as error:
        raise InputError(
            f"model.path={path}: it is neither a folder nor a model that can be downloaded "
            f"({str(error).splitlines()[0]})."
        ) from error
    return f"{path}@{Path(str(config)).parent.name}"
