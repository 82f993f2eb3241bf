"""A collection as a network reads it: token ids of documents and queries, and the network built for them."""

from collections.abc import Mapping
from dataclasses import dataclass

from hydra.utils import instantiate
from omegaconf import DictConfig
from transformers import PreTrainedTokenizerFast

from cells.record.export import check_export
from data import (
    Collection,
    Split,
    TextTokenizer,
    TokenStore,
    build_token_store,
    load_tokenizer,
    text_fingerprint,
)
from evaluation.answer import Corpus, Queries
from lightning_modules import Network
from lightning_modules.loading.saved import is_export


@dataclass(frozen=True)
class Tokenised:
    """A collection and its token ids.

    Attributes:
        collection: documents and clean judgements.
        documents: token ids of all documents.
        queries: token ids of the queries of each split, by the split's name.
        tokenizer: the model's tokenizer.
        for_queries: turns queries into ids.
    """

    collection: Collection
    documents: TokenStore
    queries: Mapping[str, TokenStore]
    tokenizer: PreTrainedTokenizerFast
    for_queries: TextTokenizer

    @property
    def corpus(self) -> Corpus:
        """What is searched."""
        return Corpus(self.collection, self.documents)

    def split(self, split: Split) -> Queries:
        """Return the queries of a split."""
        return Queries(split.queries, self.queries[split.name])

    def asked(self, texts: Mapping[str, str]) -> Queries:
        """Return queries of no split."""
        return Queries(texts, _query_store(list(texts.values()), self.for_queries, self.collection))


def tokenise(cfg: DictConfig, collection: Collection) -> Tokenised:
    """Tokenise a collection as the model wants it; token ids are cached.

    Raises:
        InputError: for a tokenizer that cannot be loaded, lengths that leave no room for text, or
            an export of another model.
    """
    settings = cfg.model.tokens
    exported = is_export(cfg.model.path)
    if exported:
        check_export(cfg)
    tokenizer = (
        load_tokenizer(collection, path=cfg.model.path)
        if exported
        else instantiate(cfg.model.tokenizer)(collection)
    )
    for_documents, for_queries = (
        TextTokenizer(
            tokenizer,
            max_length=settings[f"{side}_length"],
            prefix=settings[f"{side}_prefix"],
            special_tokens=settings.special_tokens,
        )
        for side in ("document", "query")
    )
    documents = build_token_store(
        collection.documents.texts(),
        fingerprint=collection.documents_fingerprint,
        tokenizer=for_documents,
        cache=collection.cache,
        total=len(collection.documents),
    )
    splits = (collection.train, collection.validation, collection.test)
    queries = {
        split.name: _query_store(list(split.queries.values()), for_queries, collection)
        for split in splits
    }
    return Tokenised(collection, documents, queries, tokenizer, for_queries)


def build_network(cfg: DictConfig, tokenised: Tokenised) -> Network:
    """Build the configured network, untrained or pretrained.

    Raises:
        InputError: for parameters out of range or an encoder that cannot be loaded.
    """
    network: Network = instantiate(cfg.model.network)(
        tokenizer=tokenised.tokenizer, documents=tokenised.documents, seed=cfg.seed
    )
    return network


def _query_store(texts: list[str], tokenizer: TextTokenizer, collection: Collection) -> TokenStore:
    return build_token_store(
        texts,
        fingerprint=text_fingerprint(texts),
        tokenizer=tokenizer,
        cache=collection.cache,
        total=len(texts),
    )
