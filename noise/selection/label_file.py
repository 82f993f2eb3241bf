"""Training labels of a collection from a file."""

import logging
from collections.abc import Iterable
from pathlib import Path

from data.collections.collection import Collection
from data.collections.records import Judgement
from data.ingest.lines import read_judgements
from data.ingest.problems import Tally
from errors import InputError

log = logging.getLogger(__name__)


def read_labels(path: Path, collection: Collection) -> tuple[list[Judgement], int]:
    """Return the judgements of train queries and documents of a collection, each pair once.

    Grades count as in the collection's training judgements: `dataset.relevance` is 1. The number of
    other judgements is logged, with examples.

    Args:
        path: qrels file, TREC or BEIR columns, `.gz` or not.
        collection: its training queries and documents are known.

    Returns:
        The judgements in the order of the file, and the number of those left out.

    Raises:
        InputError: the file cannot be read, gives a pair two grades, or judges nothing known.
    """
    ours: dict[tuple[str, str], Judgement] = {}
    ignored, conflicts, left_out = Tally(), Tally(), 0
    for judgement in read_judgements(path):
        pair = (judgement.query_id, judgement.doc_id)
        if reason := _unknown(judgement, collection):
            ignored.add(reason, " -> ".join(pair))
            left_out += 1
            continue
        counted = judgement._replace(grade=judgement.grade - collection.relevance + 1)
        if ours.setdefault(pair, counted) != counted:
            conflicts.add("pairs are judged twice, with different grades", " -> ".join(pair))
    if conflicts.problems():
        raise InputError(
            f"noise.qrels={path} contradicts itself:{_listed(conflicts)}\nKeep one each"
        )
    if not ours:
        raise InputError(
            f"noise.qrels={path} judges no training query and document of {collection.name}:"
            f"{_listed(ignored)}\nGive a file with the ids of the collection"
        )
    _report(path, ignored, ours, collection)
    return list(ours.values()), left_out


def _unknown(judgement: Judgement, collection: Collection) -> str | None:
    """Return why a judgement cannot be used; None if it can."""
    if judgement.query_id not in collection.train.queries:
        later = (collection.validation.queries, collection.test.queries)
        if any(judgement.query_id in queries for queries in later):
            return "judgements are of validation or test queries, which stay clean"
        return "judgements name a query that is no training query"
    if judgement.doc_id not in collection.documents:
        return "judgements name a document that the collection does not have"
    if judgement.doc_id in collection.spared.get(judgement.query_id, {}):
        return "judgements are of pairs that dataset.train_pairs leaves out"
    return None


def _report(
    path: Path, ignored: Tally, ours: Iterable[tuple[str, str]], collection: Collection
) -> None:
    for problem in ignored.problems():
        log.warning("noise.qrels=%s: left out %s", path, problem)
    judged = {query_id for query_id, _ in ours}
    if unjudged := [each for each in collection.train.queries if each not in judged]:
        log.warning(
            "noise.qrels=%s has no label for %d of %d training queries (%s): they lose theirs",
            path,
            len(unjudged),
            len(collection.train.queries),
            ", ".join(unjudged[:5]),
        )


def _listed(tally: Tally) -> str:
    return "".join(f"\n  {problem}" for problem in tally.problems()) or " it is empty"
