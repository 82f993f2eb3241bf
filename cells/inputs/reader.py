"""Readers turn the texts of a collection into the inputs of a network."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from hydra.utils import instantiate
from omegaconf import DictConfig
from transformers import PreTrainedTokenizerFast

from data import (
    Collection,
    TextInputs,
    TextTokenizer,
    TokenStore,
    build_token_store,
    load_tokenizer,
    text_fingerprint,
)
from lightning_modules.loading.saved import is_export


class Reader(ABC):
    """Turns the texts of one collection into the inputs of the network.

    Attributes:
        tokenizer: the model's tokenizer; None: the model never sees a text.
    """

    tokenizer: PreTrainedTokenizerFast | None

    @abstractmethod
    def documents(self) -> TextInputs:
        """Return the inputs of all documents."""

    @abstractmethod
    def queries(self, texts: Mapping[str, str]) -> TextInputs:
        """Return the inputs of queries, given as query_id -> text, in that order."""


class TokenIds(Reader):
    """Token ids, tokenised once and cached.

    Args:
        cfg: the cell's configuration.
        collection: the collection.

    Raises:
        InputError: for a tokenizer that cannot be loaded, or lengths that leave no room for text.
    """

    def __init__(self, cfg: DictConfig, collection: Collection) -> None:
        self.collection = collection
        path, settings = cfg.model.path, cfg.model.tokens
        tokenizer: PreTrainedTokenizerFast = (
            load_tokenizer(collection, path=path)
            if is_export(path)
            else instantiate(cfg.model.tokenizer)(collection)
        )
        self.tokenizer = tokenizer
        self.for_documents, self.for_queries = (
            TextTokenizer(
                tokenizer,
                max_length=settings[f"{side}_length"],
                prefix=settings[f"{side}_prefix"],
                special_tokens=settings.special_tokens,
            )
            for side in ("document", "query")
        )

    def documents(self) -> TokenStore:
        """Return the token ids of all documents."""
        documents = self.collection.documents
        fingerprint = self.collection.documents_fingerprint
        return self._store(documents.texts(), fingerprint, self.for_documents, len(documents))

    def queries(self, texts: Mapping[str, str]) -> TokenStore:
        """Return the token ids of queries."""
        asked = list(texts.values())
        return self._store(asked, text_fingerprint(asked), self.for_queries, len(asked))

    def _store(
        self, texts: Iterable[str], fingerprint: str, tokenizer: TextTokenizer, total: int
    ) -> TokenStore:
        cache = self.collection.cache
        return build_token_store(
            texts, fingerprint=fingerprint, tokenizer=tokenizer, cache=cache, total=total
        )
