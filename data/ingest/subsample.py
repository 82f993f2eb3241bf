"""Samples of training pairs, validation or test queries, with all documents."""

from typing import NamedTuple

import checks
from data.collections.records import Qrels, Split
from keyed_random import keyed_sample


class Subsample(NamedTuple):
    """The training judgements that are kept, and the positive ones that are not.

    Attributes:
        train: the queries that keep a positive, with the kept positives and all documents judged
            not relevant.
        spared: the other positives of these queries. They are known to be right, so noise must not
            insert them as wrong labels, and they are not negatives.
    """

    train: Split
    spared: Qrels


def check_count(key: str, count: int | None) -> None:
    """Check a setting before any work.

    Raises:
        InputError: it is neither a whole number from 1 nor null.
    """
    if count is not None:
        allowed = "a whole number of at least 1, or null for all that there are"
        checks.integer(f"dataset.{key}", count, 1, allowed)


def subsampled(train: Split, count: int | None, seed: int) -> Subsample:
    """Keep `count` (query, positive document) pairs: those with the smallest keyed hash.

    The choice does not depend on the order of the judgements, and a larger count contains a smaller
    one.

    Args:
        train: clean training judgements, with 1 or more as positive grades.
        count: pairs to keep, 1 or more; None, or as many as there are or more, keeps all.
        seed: key of the hash.
    """
    pairs = [
        (query_id, doc_id)
        for query_id, judged in train.qrels.items()
        for doc_id, grade in judged.items()
        if grade > 0
    ]
    if count is None or count >= len(pairs):
        return Subsample(train, {})
    kept = set(keyed_sample(pairs, count, f"train pairs {seed}"))
    queries = {query_id for query_id, _ in kept}
    qrels: Qrels = {}
    spared: Qrels = {}
    for query_id in filter(queries.__contains__, train.queries):
        for doc_id, grade in train.qrels[query_id].items():
            side = qrels if grade < 1 or (query_id, doc_id) in kept else spared
            side.setdefault(query_id, {})[doc_id] = grade
    return Subsample(
        Split(train.name, {query_id: train.queries[query_id] for query_id in qrels}, qrels), spared
    )


def with_fewer_queries(split: Split, count: int | None, seed: int) -> Split:
    """Keep the `count` queries with the smallest keyed hash; nested like training pairs.

    Args:
        split: judged queries.
        count: queries to keep, 1 or more; None, or as many as there are or more, keeps all.
        seed: key of the hash.
    """
    if count is None or count >= len(split.queries):
        return split
    asked = [(query_id,) for query_id in split.queries]
    kept = set(keyed_sample(asked, count, f"{split.name} queries {seed}"))
    queries = {query_id: text for query_id, text in split.queries.items() if (query_id,) in kept}
    return Split(split.name, queries, {query_id: split.qrels[query_id] for query_id in queries})
