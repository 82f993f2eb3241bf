"""Text to token ids."""

from __future__ import annotations

from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from data.tokenizers.tokens import Tokens
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerFast


class TextTokenizer:
    """Text to token ids, for one side (queries or documents) of one model.

    Args:
        tokenizer: the tokenizer; its own padding and truncation settings are not used, nor touched.
        max_length: most tokens of a text, special tokens included; what is longer is cut at the
            end.
        prefix: put before every text, such as E5's "query: ".
        special_tokens: whether the tokenizer's special tokens ([CLS], [SEP]) are added.

    Attributes:
        fingerprint: hash of the serialised tokenizer, the same on every machine.
        pad_id: id that fills up shorter texts where an encoder pads.
        vocabulary_size: number of ids, added tokens included.

    Raises:
        InputError: when `max_length` leaves no room for text.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        max_length: int,
        prefix: str = "",
        special_tokens: bool = True,
    ) -> None:
        self._backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
        self._backend.no_padding()
        self._backend.no_truncation()
        self.fingerprint = blake2b(self._backend.to_str().encode(), digest_size=16).hexdigest()
        added = self._backend.num_special_tokens_to_add(is_pair=False) if special_tokens else 0
        if max_length <= added:
            raise InputError(
                f"max_length={max_length} leaves no room for text: the tokenizer adds {added} "
                f"special tokens; use more than {added}"
            )
        self._backend.enable_truncation(max_length)
        self.max_length, self.prefix, self.special_tokens = max_length, prefix, special_tokens
        self.vocabulary_size = len(tokenizer)
        self.pad_id: int = tokenizer.pad_token_id or 0
        self._blank: int = self.pad_id if tokenizer.unk_token_id is None else tokenizer.unk_token_id

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text; a text without tokens becomes one unknown token."""
        prefixed = [self.prefix + text for text in texts] if self.prefix else list(texts)
        encodings = self._backend.encode_batch_fast(
            prefixed, add_special_tokens=self.special_tokens
        )
        return [encoding.ids or [self._blank] for encoding in encodings]

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Return the token ids of the texts side by side, for a network."""
        from torch import tensor

        ids = self.encode(texts)
        return Tokens(tensor(list(chain.from_iterable(ids))), tensor([0, *map(len, ids)]).cumsum(0))

    @property
    def key(self) -> dict[str, str | int | bool]:
        """All that decides which ids a text gets; the key of what is derived from them."""
        return {
            "tokenizer": self.fingerprint,
            "max_length": self.max_length,
            "prefix": self.prefix,
            "special_tokens": self.special_tokens,
        }
