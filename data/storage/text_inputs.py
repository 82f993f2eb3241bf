"""The inputs of a network for many texts: token ids, or vectors from an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from data.tokenizers.tokens import Tokens


class TextInputs(Protocol):
    """The inputs of n texts, in the order of the texts."""

    def __len__(self) -> int:
        """Return the number of texts."""
        ...

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each text [n]."""
        ...

    def tokens(self, rows: Sequence[int] | NDArray[np.int64]) -> Tokens:
        """Return the inputs of the texts at `rows` [m], in that order."""
        ...
