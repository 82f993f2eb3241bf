"""Texts and judgements of the cells' collections, opened again as the cells opened them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import data
from data.storage.cache import Cache
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.collections.collection import Collection
    from reporting.statistics.groups import Group

LENGTH = 300
"""Characters of a document that are shown."""

PACKAGE = "data."
HYDRA = ("_target_", "_partial_")


class CollectionTexts(NamedTuple):
    """The texts of a collection, if they are available.

    Attributes:
        collection: the collection; None if it cannot be opened.
        reason: why it cannot be opened; empty if it can.
    """

    collection: Collection | None
    reason: str

    def document(self, doc_id: str) -> str | None:
        """Return the beginning of a document; None if it is not available."""
        if self.collection is None or doc_id not in self.collection.documents:
            return None
        return _shortened(self.collection.documents.text(self.collection.documents.row(doc_id)))

    def test_query(self, query_id: str) -> str | None:
        """Return a test query; None if it is not available."""
        return None if self.collection is None else self.collection.test.queries.get(query_id)

    def train_query(self, query_id: str) -> str | None:
        """Return a training query; None if it is not available."""
        return None if self.collection is None else self.collection.train.queries.get(query_id)

    def judgements(self, query_id: str) -> dict[str, int]:
        """Return the grades of the judged documents of a test query."""
        return {} if self.collection is None else self.collection.test.qrels.get(query_id, {})

    @property
    def relevance(self) -> int:
        """Lowest grade of a relevant document."""
        return 1 if self.collection is None else self.collection.relevance


def open_texts(group: Group, config: Mapping[str, Any] | None) -> CollectionTexts:
    """Open the collection of a group's cells from their configuration and cache.

    Only openers of this project are called, since the configuration may come from somebody else.
    Nothing is built, so that a report of copied cells does not start to download a collection.
    """
    dataset = (config or {}).get("dataset")
    if config is None or not isinstance(dataset, dict):
        return CollectionTexts(None, "config.yaml cannot be read")
    target = str(dataset.get("_target_"))
    name = target.removeprefix(PACKAGE)
    if not target.startswith(PACKAGE + "open_") or name not in data.__all__:
        return CollectionTexts(None, f"it is opened by {target}, which is not part of this project")
    cache = Path(str(config.get("cache_dir")))
    if not cache.is_dir():
        return CollectionTexts(None, f"its cache {cache} is not on this machine")
    arguments = {key: value for key, value in dataset.items() if key not in HYDRA}
    for key, value in arguments.items():
        if "${" in str(value):  # not looked up for a configuration of somebody else
            return CollectionTexts(None, f"dataset.{key}={value} names no place by itself")
    return _checked(group, name, arguments, cache)


def _checked(group: Group, name: str, arguments: dict[str, Any], cache: Path) -> CollectionTexts:
    try:
        collection: Collection = getattr(data, name)(**arguments, cache=Cache(cache, frozen=True))
    except (InputError, OSError, TypeError) as error:
        return CollectionTexts(None, f"it cannot be opened ({error})")
    if collection.fingerprint != group.cells[0].fingerprint:
        return CollectionTexts(None, "its content has changed since the cells were run")
    return CollectionTexts(collection, "")


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LENGTH else f"{words[: LENGTH - 1]}…"
