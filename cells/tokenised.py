"""A collection as a network reads it: token ids of documents and queries, and the network built for them."""

from collections.abc import Mapping
from dataclasses import dataclass

from hydra.utils import instantiate
from omegaconf import DictConfig

from data import Collection, TextTokenizer, TokenStore, build_token_store, text_fingerprint
from lightning_modules import DenseRetriever


@dataclass(frozen=True)
class Tokenised:
    """A collection and its token ids.

    Attributes:
        collection: documents and clean judgements.
        documents: token ids of all documents.
        queries: token ids of the queries of each split, by the split's name.
        tokenizer: turns documents into ids; knows vocabulary and padding.
    """

    collection: Collection
    documents: TokenStore
    queries: Mapping[str, TokenStore]
    tokenizer: TextTokenizer


def tokenise(cfg: DictConfig, collection: Collection) -> Tokenised:
    """Tokenises a collection as the model wants it; token ids are cached.

    Raises:
        InputError: for a tokenizer that cannot be loaded or lengths that leave no room for text.
    """
    settings = cfg.model.tokens
    backend = instantiate(cfg.model.tokenizer)(collection)
    for_documents = TextTokenizer(backend, max_length=settings.document_length, prefix=settings.document_prefix)
    for_queries = TextTokenizer(backend, max_length=settings.query_length, prefix=settings.query_prefix)
    documents = build_token_store(
        collection.documents.texts(),
        fingerprint=collection.documents_fingerprint,
        tokenizer=for_documents,
        cache=collection.cache,
        total=len(collection.documents),
    )
    queries = {}
    for split in (collection.train, collection.validation, collection.test):
        texts = list(split.queries.values())
        queries[split.name] = build_token_store(
            texts, fingerprint=text_fingerprint(texts), tokenizer=for_queries, cache=collection.cache, total=len(texts)
        )
    return Tokenised(collection, documents, queries, for_documents)


def build_network(cfg: DictConfig, tokenised: Tokenised) -> DenseRetriever:
    """Builds the configured network, untrained or pretrained.

    Raises:
        InputError: for parameters out of range or an encoder that cannot be loaded.
    """
    network: DenseRetriever = instantiate(cfg.model.network)(tokenizer=tokenised.tokenizer, documents=tokenised.documents, seed=cfg.seed)
    return network
