"""The one way from a source to a collection: check, store, split, fingerprint.

Documents and splits are cached apart, so that another validation share or relevance threshold does
not store the documents again.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import checks
from data.collections.collection import Collection
from data.collections.records import Document, Split
from data.ingest.holdout import check_validation_share
from data.ingest.problems import OnProblem, Problem, Tally, check_on_problem, settle
from data.ingest.splits import Judgeds, SplitRules, make_splits, without_positive
from data.ingest.subsample import check_count, subsampled, with_fewer_queries
from data.storage.cache import Cache, JsonValue
from data.storage.text_store import TextStore
from data.storage.text_store_writer import STORE_FORMAT, write_text_store
from terminal import track

log = logging.getLogger(__name__)

SPLITS_FORMAT = 1
"""Version; increase it whenever the same judgements would give other splits."""


@dataclass(frozen=True)
class Source:
    """The source of a collection. Nothing is read before it is needed.

    Attributes:
        name: short name of the collection.
        where: the setting and value that name the source in messages, for example
            `dataset.path=/data/mine`.
        documents_key: everything that the documents depend on.
        splits_key: everything that queries and judgements depend on.
        documents: returns the documents as a stream.
        splits: returns the judged splits.
    """

    name: str
    where: str
    documents_key: Mapping[str, JsonValue]
    splits_key: Mapping[str, JsonValue]
    documents: Callable[[], Iterable[Document]]
    splits: Callable[[], Judgeds]


def ingest(source: Source, rules: SplitRules, on_problem: OnProblem, cache: Cache) -> Collection:
    """Build the collection of a source, or open it from the cache.

    Args:
        source: where the records come from.
        rules: how judgements become splits.
        on_problem: what to do about unusable records: `drop` leaves them out with a line per kind,
            `fail` refuses the source.
        cache: holds the result.

    Returns:
        The collection.

    Raises:
        InputError: a setting is out of range, or the source cannot be used.
    """
    check_on_problem(on_problem)
    _check(rules)
    documents = _documents(source, on_problem, cache)
    content = _splits(source, rules, documents, on_problem, cache)
    whole, all_validation, all_test = (Split(**split) for split in content["splits"])
    train, spared = subsampled(whole, rules.train_pairs, rules.split_seed)
    validation = with_fewer_queries(all_validation, rules.validation_queries, rules.split_seed)
    test = with_fewer_queries(all_test, rules.test_queries, rules.split_seed)
    limited = [train, validation] if train is not whole or validation is not all_validation else []
    if test is not all_test:
        limited = [train, validation, test]
    for split in (validation, test):
        if lacking := without_positive(split, 1):
            log.warning(
                "%s: %d %s queries have no positive judgement, so every run scores 0 on them",
                source.where,
                len(lacking),
                split.name,
            )
    return Collection(
        name=source.name,
        documents=documents,
        train=train,
        validation=validation,
        test=test,
        fingerprint=_of_part(content["fingerprint"], *limited)
        if limited
        else content["fingerprint"],
        documents_fingerprint=documents.fingerprint,
        cache=cache,
        relevance=rules.relevance,
        spared=spared,
    )


def _check(rules: SplitRules) -> None:
    check_validation_share(rules.validation_share)
    check_count("train_pairs", rules.train_pairs)
    check_count("validation_queries", rules.validation_queries)
    check_count("test_queries", rules.test_queries)
    allowed = "at least 1: it is the lowest grade that counts as positive"
    checks.integer("dataset.relevance", rules.relevance, 1, allowed)


def _documents(source: Source, on_problem: OnProblem, cache: Cache) -> TextStore:
    def build(folder: Path) -> None:
        write_text_store(
            folder,
            track(source.documents(), f"Reading the documents of {source.name}"),
            source.where,
        )

    folder = cache.folder("documents", {**source.documents_key, "format": STORE_FORMAT}, build)
    settle(_problems(_read(folder / "store.json")), on_problem, source.where)
    return TextStore(folder)


def _splits(
    source: Source, rules: SplitRules, documents: TextStore, on_problem: OnProblem, cache: Cache
) -> dict[str, Any]:
    def build(folder: Path) -> None:
        tally = Tally()
        splits = make_splits(source.splits(), documents, rules, tally, source.where)
        content = {
            "fingerprint": _fingerprint(documents, splits),
            "problems": list(map(asdict, tally.problems())),
            "splits": list(map(asdict, splits)),
        }
        (folder / "splits.json").write_text(json.dumps(content), encoding="utf-8")

    key = {
        **source.splits_key,
        **rules.before_limits,
        "documents": documents.fingerprint,
        "format": SPLITS_FORMAT,
    }
    content = _read(cache.folder("splits", key, build) / "splits.json")
    settle(_problems(content), on_problem, source.where)
    return content


def _fingerprint(documents: TextStore, splits: Iterable[Split]) -> str:
    """Return the hash of the content.

    It depends on the order of queries and documents, which defines the rows, but not on paths and
    names.
    """
    content = json.dumps(
        [documents.fingerprint, *([list(split.queries.items()), split.qrels] for split in splits)]
    )
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _of_part(whole: str, *splits: Split) -> str:
    """Return a fingerprint that differs from those of the whole collection and other samples."""
    return blake2b(
        json.dumps([whole, *(split.qrels for split in splits)]).encode(), digest_size=16
    ).hexdigest()


def _problems(content: Mapping[str, Any]) -> list[Problem]:
    return [Problem(**problem) for problem in content["problems"]]


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content
