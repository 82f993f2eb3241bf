"""Ragged token ids: texts of any length side by side, without padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class Tokens(NamedTuple):
    """Token ids of n texts, end to end.

    Text i is `ids[offsets[i] : offsets[i + 1]]`; every text has at least one token. Nothing is
    padded before an encoder decides to, so padding is paid by the encoders that need it and only
    for texts that share a chunk.

    A text may also be one token that is given by its vector instead of its id, as `inputs_embeds`
    does in transformers: where an encoder is frozen, its vectors are all that is left to read.

    Attributes:
        ids: token ids of all texts, int64 [N]; or vectors of texts of one token, float32 [N, D].
        offsets: where each text starts, then N, int64 [n + 1].
    """

    ids: Tensor
    offsets: Tensor

    @property
    def lengths(self) -> Tensor:
        """Number of tokens of each text, int64 [n]."""
        return self.offsets.diff()


def joined(first: Tokens, second: Tokens) -> Tokens:
    """Return the texts of the first, then those of the second."""
    from torch import cat

    return Tokens(
        cat([first.ids, second.ids]), cat([first.offsets, second.offsets[1:] + first.offsets[-1]])
    )
