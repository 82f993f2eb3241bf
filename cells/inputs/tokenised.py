"""The token ids or vectors of a collection, and the network that is built for them."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

from hydra.utils import instantiate
from omegaconf import DictConfig
from transformers import PreTrainedTokenizerFast

from cells.inputs.reader import Reader, TokenIds
from cells.inputs.vectors import FrozenVectors, OutsideVectors
from cells.record.export import check_export
from data import Collection, Split, TextInputs
from data.storage.unicode_text import well_formed
from errors import InputError
from evaluation.search_method import Corpus, Queries
from lightning_modules import CrossEncoder, Network
from lightning_modules.loading.saved import is_export


@dataclass(frozen=True)
class Tokenised:
    """A collection and the inputs that a network reads.

    Attributes:
        collection: documents and clean judgements.
        documents: token ids, or vectors, of all documents.
        queries: token ids, or vectors, of the queries of each split, by its name.
        reader: turns texts into them.
    """

    collection: Collection
    documents: TextInputs
    queries: Mapping[str, TextInputs]
    reader: Reader

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The model's tokenizer.

        Raises:
            InputError: if there is none, because the vectors come from outside.
        """
        if self.reader.tokenizer is None:
            raise InputError(
                "export=true: with model.vectors there is no encoder to export; set export=false."
            )
        return self.reader.tokenizer

    @property
    def corpus(self) -> Corpus:
        """The documents to search."""
        return Corpus(self.collection, self.documents)

    def split(self, split: Split) -> Queries:
        """Return the queries of a split."""
        return Queries(split.queries, self.queries[split.name])

    def asked(self, texts: Mapping[str, str]) -> Queries:
        """Return queries that belong to no split."""
        whole = {query_id: well_formed(text) for query_id, text in texts.items()}
        return Queries(whole, self.reader.queries(whole))


def tokenise(cfg: DictConfig, collection: Collection) -> Tokenised:
    """Tokenise a collection as the model needs it, or read its vectors; both are cached.

    Raises:
        InputError: for a tokenizer or an encoder that cannot be loaded, lengths that leave no room
            for text, an export of another model, or vectors that cannot be used.
    """
    if is_export(cfg.model.path):
        check_export(cfg)
    reader = _reader(cfg, collection)
    splits = (collection.train, collection.validation, collection.test)
    return Tokenised(
        collection,
        reader.documents(),
        {split.name: reader.queries(split.queries) for split in splits},
        reader,
    )


def build_network(cfg: DictConfig, tokenised: Tokenised) -> Network:
    """Build the configured network, untrained or pretrained.

    Raises:
        InputError: for parameters out of range or an encoder that cannot be loaded.
    """
    build = instantiate(cfg.model.network)
    given = {
        "tokenizer": tokenised.reader.tokenizer,
        "documents": tokenised.documents,
        "seed": cfg.seed,
    }
    try:
        inspect.signature(build).bind(**given)
    except TypeError as error:
        raise InputError(
            f"model.network: {error}. Every key of conf/model/<name>.yaml is needed there."
        ) from error
    network: Network = build(**given)
    if isinstance(network, CrossEncoder):
        network.check_query_length(cfg.model.tokens.query_length)
    return network


def _reader(cfg: DictConfig, collection: Collection) -> Reader:
    if "vectors" not in cfg.model:
        return TokenIds(cfg, collection)
    if cfg.model.vectors is not None:
        return OutsideVectors(cfg.model.vectors, collection)
    return FrozenVectors(cfg, TokenIds(cfg, collection))
