"""Any collection that ir_datasets knows, by its ids."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from typing import Any

from data.collections.collection import Collection
from data.collections.ir_datasets_home import home, load, readable
from data.collections.records import Document, Judgement
from data.collections.source_hashes import replaced_sources
from data.ingest.ingestion import Source, ingest
from data.ingest.problems import OnProblem
from data.ingest.splits import Judged, SplitRules
from data.storage.cache import Cache, JsonValue
from errors import InputError


def open_ir_dataset(
    *,
    documents: str,
    train: str | Sequence[str],
    test: str | Sequence[str],
    cache: Cache,
    validation: str | Sequence[str] | None = None,
    relevance: int = 1,
    validation_share: float = 0.1,
    split_seed: int = 0,
    train_pairs: int | None = None,
    validation_queries: int | None = None,
    test_queries: int | None = None,
    on_problem: OnProblem = "drop",
) -> Collection:
    """Open ids of ir_datasets as a collection.

    ir_datasets downloads missing files into `IR_DATASETS_HOME`.

    The result is cached by the ids and the version of ir_datasets, and by the content of its files
    where that is not what it was when the cache was made.

    Args:
        documents: the id whose documents are retrieved, for example `beir/scifact`.
        train: id, or ids, of the training queries and judgements, for example `beir/scifact/train`.
        test: the same for test.
        cache: stores the checked collection.
        validation: the same for validation; None holds training queries out.
        relevance: lowest published grade that counts as positive, 1 or more.
        validation_share: share of the training queries, in (0, 1), held out if `validation` is
            None.
        split_seed: chooses the held-out queries, and what the limits below keep.
        train_pairs: keep at most so many training pairs (query, positive document), 1 or more; None
            keeps all.
        validation_queries: keep at most so many validation queries, 1 or more; None keeps all.
        test_queries: keep at most so many test queries, 1 or more; None keeps all.
        on_problem: `drop` leaves out unusable records and reports them; `fail` refuses the
            collection.

    Returns:
        The collection.

    Raises:
        InputError: an id is unknown, lacks documents or judgements, or its files are missing and
            cannot be downloaded.
    """
    views = {"train": _ids(train), "test": _ids(test)} | (
        {} if validation is None else {"validation": _ids(validation)}
    )
    provenance: dict[str, JsonValue] = {"ir_datasets": version("ir_datasets")}
    replaced = replaced_sources([documents, *chain.from_iterable(views.values())], cache)
    if replaced:
        provenance["replaced"] = replaced
    source = Source(
        name=documents.removeprefix("beir/").replace("/", "-"),
        where=f"dataset.documents={documents}",
        documents_key={"documents": documents, **provenance},
        splits_key={**views, **provenance},
        documents=lambda: _documents(documents),
        splits=lambda: {name: _judged(name, ids) for name, ids in views.items()},
    )
    return ingest(
        source,
        SplitRules(
            relevance, validation_share, split_seed, train_pairs, validation_queries, test_queries
        ),
        on_problem,
        cache,
    )


def _ids(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _documents(identifier: str) -> Iterator[Document]:
    dataset = load("documents", identifier)
    if not dataset.has_docs():
        raise InputError(f"dataset.documents={identifier} has no documents in ir_datasets")
    expected = dataset.docs_metadata().get("count")
    count = 0
    with readable("documents", identifier):
        for count, document in enumerate(dataset.docs_iter(), start=1):  # noqa: B007  used below
            yield Document(document.doc_id, document.default_text().strip())
    # ir_datasets itself takes a store for whole whose building was killed
    if expected not in {
        None,
        count,
    }:
        advice = f"Delete what lies in {home() / identifier}, or all of it but the downloaded file"
        raise InputError(
            f"dataset.documents={identifier} gave {count} documents instead of {expected}. {advice}"
        )


def _judged(key: str, identifiers: Sequence[str]) -> Judged:
    queries: dict[str, str] = {}
    judgements: list[Iterator[Judgement]] = []
    for identifier in identifiers:
        dataset = load(key, identifier)
        if not (dataset.has_queries() and dataset.has_qrels()):
            raise InputError(
                f"dataset.{key}={identifier} has no queries with judgements in ir_datasets"
            )
        with readable(key, identifier):
            queries.update(
                (query.query_id, query.default_text().strip()) for query in dataset.queries_iter()
            )
        judgements.append(_judgements(key, identifier, dataset))
    return Judged(queries, chain.from_iterable(judgements))


def _judgements(key: str, identifier: str, dataset: Any) -> Iterator[Judgement]:
    with readable(key, identifier):
        for qrel in dataset.qrels_iter():
            yield Judgement(qrel.query_id, qrel.doc_id, qrel.relevance)
