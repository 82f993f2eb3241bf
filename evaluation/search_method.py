"""Search methods, by which networks retrieve; conf/model/*.yaml names one for each model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from data.tokenizers.tokens import Tokens
from evaluation.shard import WHOLE, Shard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import nn

    from data import Collection, TextInputs
    from data.runs.ranked_lists import Run
    from data.storage.cache import JsonValue
    from lightning_modules.networks.network import Network

AnyNetwork = TypeVar("AnyNetwork", bound="Network")
ALL = slice(None)


class Queries(NamedTuple):
    """Q queries.

    Attributes:
        texts: query_id -> text.
        tokens: their token ids or vectors, in that order.
    """

    texts: Mapping[str, str]
    tokens: TextInputs


class Corpus(NamedTuple):
    """The searched documents.

    Attributes:
        collection: its documents.
        tokens: their token ids or vectors.
    """

    collection: Collection
    tokens: TextInputs


class SearchResult(NamedTuple):
    """The documents found.

    Attributes:
        run: the ranked lists.
        facts: how they were found, for scores.json.
        first_stage: the run that was re-ranked; None: the whole collection was searched.
    """

    run: Run
    facts: dict[str, Any]
    first_stage: Run | None = None


class Search(ABC, Generic[AnyNetwork]):
    """Retrieves with a network.

    Attributes:
        shared: whether several processes can search together; otherwise one searches and the others
            wait.
    """

    shared: ClassVar[bool] = False

    @abstractmethod
    def indexed(
        self,
        network: AnyNetwork,
        corpus: Corpus,
        *,
        key: Mapping[str, JsonValue],
        batch_tokens: int,
        shards: slice = ALL,
    ) -> Search[AnyNetwork]:
        """Return the same search over stored document vectors, computed if they are missing.

        A search without document vectors returns itself.

        Args:
            network: encodes; its weights will not change.
            corpus: the collection; its cache stores the vectors.
            key: all that the vectors depend on beside the documents.
            batch_tokens: tokens encoded at once.
            shards: which parts of the collection, all of the same size, are wanted; others are
                neither encoded nor searched.
        """

    @abstractmethod
    def prepare(self, queries: Queries, corpus: Corpus) -> None:
        """Prepare what needs no network, to refuse an unusable first stage before training.

        Raises:
            InputError: for a first stage that does not fit.
        """

    @abstractmethod
    def reads_all(self, corpus: Corpus) -> bool:
        """Return whether every document is scored for every query, without a first stage."""

    @abstractmethod
    def search(
        self,
        network: AnyNetwork,
        queries: Queries,
        corpus: Corpus,
        *,
        depth: int,
        batch_tokens: int,
        shard: Shard = WHOLE,
    ) -> SearchResult:
        """Rank documents for each query, without gradients and in evaluation mode.

        Args:
            network: encodes or scores.
            queries: the Q queries.
            corpus: the collection.
            depth: documents per query; cut at the number of those that are ranked.
            batch_tokens: tokens encoded at once.
            shard: this process's part of the documents where several answer together, each of them
                with these arguments.

        Raises:
            InputError: for a first stage that does not fit, or a score that is not finite.
        """


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Use evaluation mode and no gradients inside the block."""
    import torch

    training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        network.train(training)


def to_device_of(tokens: Tokens, network: nn.Module) -> Tokens:
    """Return the tokens where the network's weights are."""
    device = next(network.parameters()).device
    return Tokens(tokens.ids.to(device), tokens.offsets.to(device))
