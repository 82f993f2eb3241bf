"""Fewer training pairs or validation queries of a large collection, with all of its documents and test queries."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from data.collections.records import Qrels, Split
from errors import InputError

Item = TypeVar("Item", bound=tuple[str, ...])


class Subsample(NamedTuple):
    """The training judgements that are kept, and the positive ones that are not.

    Attributes:
        train: the queries that keep a positive, with the positives kept and all that was judged not
            relevant.
        spared: the other positives of these queries. They are known to be right: no noise may
            insert them as wrong labels, and no query has them as negatives.
    """

    train: Split
    spared: Qrels


def check_count(key: str, count: int | None) -> None:
    """Check a setting before any work.

    Raises:
        InputError: it is neither a whole number from 1 nor null.
    """
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise InputError(
            f"dataset.{key}={count} must be a whole number, 1 or more, or null for all that there "
            "are"
        )


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
    kept = _first(pairs, count, f"train pairs {seed}")
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


def with_fewer_queries(validation: Split, count: int | None, seed: int) -> Split:
    """Keep the `count` queries with the smallest keyed hash; nested like training pairs.

    Args:
        validation: judged queries.
        count: queries to keep, 1 or more; None, or as many as there are or more, keeps all.
        seed: key of the hash.
    """
    if count is None or count >= len(validation.queries):
        return validation
    kept = _first(
        [(query_id,) for query_id in validation.queries], count, f"validation queries {seed}"
    )
    queries = {
        query_id: text for query_id, text in validation.queries.items() if (query_id,) in kept
    }
    return Split(
        validation.name, queries, {query_id: validation.qrels[query_id] for query_id in queries}
    )


def _first(items: Iterable[Item], count: int, key: str) -> set[Item]:
    def keyed_hash(item: Item) -> bytes:
        return blake2b(
            "\0".join(item).encode("utf-8", "replace"), digest_size=16, key=key.encode()
        ).digest()

    return set(sorted(items, key=lambda item: (keyed_hash(item), item))[:count])
