"""Everything a cell trains on and is scored with: collection, corrupted labels, tokens, examples."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from data import (
    Cache,
    Collection,
    Split,
    TextTokenizer,
    TokenStore,
    TrainingExamples,
    build_examples,
    build_token_store,
    first_copies,
    text_fingerprint,
)
from data.first_stage import bm25_run
from noise import Corruption

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Materials:
    """What a cell works with.

    Attributes:
        collection: documents and clean judgements.
        corruption: noisy train judgements and the audit of what was changed.
        examples: training examples made from the noisy judgements.
        document_tokens: token ids of all documents.
        query_tokens: token ids of the queries of each split, by the split's name.
        tokenizer: turns documents into ids; knows vocabulary and padding.
    """

    collection: Collection
    corruption: Corruption
    examples: TrainingExamples
    document_tokens: TokenStore
    query_tokens: Mapping[str, TokenStore]
    tokenizer: TextTokenizer

    def facts(self) -> dict[str, Any]:
        """Returns counts and hashes for scores.json."""
        collection = self.collection
        return {
            "collection": collection.name,
            "fingerprint": collection.fingerprint,
            "documents": len(collection.documents),
            "queries": {split.name: len(split.queries) for split in (collection.train, collection.validation, collection.test)},
            "training_examples": len(self.examples),
        }


def prepare(cfg: DictConfig) -> Materials:
    """Opens the collection, corrupts its train judgements, mines negatives by the corrupted ones and tokenises; each step is cached.

    Raises:
        InputError: for data that cannot be used, naming the key and the file.
    """
    collection: Collection = instantiate(cfg.dataset)(cache=Cache(Path(cfg.cache_dir)))
    log.info("collection %s: %d documents, %d training queries", collection.name, len(collection.documents), len(collection.train.queries))
    corruption: Corruption = instantiate(cfg.noise).corrupt(collection)
    log.info("noise: %d training labels corrupted", len(corruption.audit.rows))
    examples = build_examples(
        collection.documents,
        collection.train.queries,
        corruption.qrels,
        first_copies=first_copies(collection),
        mined=_mined(cfg, collection),
        depth=cfg.negatives.depth,
        inserted=corruption.audit.replaced,
    )
    settings = cfg.model.tokens
    backend = instantiate(cfg.model.tokenizer)(collection)
    for_documents = TextTokenizer(backend, max_length=settings.document_length, prefix=settings.document_prefix)
    for_queries = TextTokenizer(backend, max_length=settings.query_length, prefix=settings.query_prefix)
    return Materials(
        collection,
        corruption,
        examples,
        _document_tokens(collection, for_documents),
        {split.name: _query_tokens(collection, split, for_queries) for split in (collection.train, collection.validation, collection.test)},
        for_documents,
    )


def _mined(cfg: DictConfig, collection: Collection) -> Any:  # noqa: ANN401
    if cfg.negatives.per_example == 0 or cfg.negatives.depth == 0:
        return None
    return bm25_run(collection, collection.train.queries, cfg.negatives.depth)


def _document_tokens(collection: Collection, tokenizer: TextTokenizer) -> TokenStore:
    documents = collection.documents
    return build_token_store(
        documents.texts(), fingerprint=collection.documents_fingerprint, tokenizer=tokenizer, cache=collection.cache, total=len(documents)
    )


def _query_tokens(collection: Collection, split: Split, tokenizer: TextTokenizer) -> TokenStore:
    texts = list(split.queries.values())
    return build_token_store(texts, fingerprint=text_fingerprint(texts), tokenizer=tokenizer, cache=collection.cache, total=len(texts))
