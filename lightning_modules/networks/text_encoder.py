"""The interface of the encoder of a dense retriever."""

from abc import ABC, abstractmethod
from pathlib import Path

from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from data import Tokens
from lightning_modules.loading.layout import SavedModule, TokenSettings


class TextEncoder(nn.Module, ABC):
    """Encodes a text to one vector.

    Attributes:
        exports_length: whether the vectors of an export have the length of ours; if not, only
            cosines agree.
        shares_base: whether two of them are one encoder with a different end, which an export can
            hold.
    """

    exports_length: bool
    shares_base: bool

    @abstractmethod
    def forward(self, tokens: Tokens) -> Tensor:
        """Encode n texts: ragged tokens -> [n, D]."""

    @abstractmethod
    def export_modules(
        self, folder: Path, tokenizer: PreTrainedTokenizerFast, texts: TokenSettings
    ) -> list[SavedModule]:
        """Return equivalent modules of sentence-transformers; arguments as in `Network.export`."""
