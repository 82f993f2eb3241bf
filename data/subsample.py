"""Fewer training pairs of a large collection: part of it, with the whole of its documents, validation and test."""

from hashlib import blake2b
from typing import NamedTuple

from data.records import Qrels, Split
from errors import InputError


class Subsample(NamedTuple):
    """The training judgements that are kept, and the positive ones that are not.

    Attributes:
        train: the queries that keep a positive, with the positives kept and all that was judged not relevant.
        spared: the other positives of these queries. They are known to be right: no noise may insert them as wrong labels, and no query has
            them as negatives.
    """

    train: Split
    spared: Qrels


def check_train_pairs(count: int | None) -> None:
    """Check the setting before any work.

    Raises:
        InputError: it is neither a whole number from 1 nor null.
    """
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise InputError(f"dataset.train_pairs={count} must be a whole number, 1 or more, or null for all training pairs")


def subsampled(train: Split, count: int | None, seed: int) -> Subsample:
    """Keep `count` (query, positive document) pairs: those with the smallest keyed hash.

    The choice does not depend on the order of the judgements, and a larger count contains a smaller one.

    Args:
        train: clean training judgements, with 1 or more as positive grades.
        count: pairs to keep, 1 or more; None, or as many as there are or more, keeps all.
        seed: key of the hash.
    """
    pairs = [(query_id, doc_id) for query_id, judged in train.qrels.items() for doc_id, grade in judged.items() if grade > 0]
    if count is None or count >= len(pairs):
        return Subsample(train, {})
    kept = set(sorted(pairs, key=lambda pair: (_keyed_hash(pair, seed), pair))[:count])
    queries = {query_id for query_id, _ in kept}
    qrels: Qrels = {}
    spared: Qrels = {}
    for query_id in filter(queries.__contains__, train.queries):
        for doc_id, grade in train.qrels[query_id].items():
            side = qrels if grade < 1 or (query_id, doc_id) in kept else spared
            side.setdefault(query_id, {})[doc_id] = grade
    return Subsample(Split(train.name, {query_id: train.queries[query_id] for query_id in qrels}, qrels), spared)


def _keyed_hash(pair: tuple[str, str], seed: int) -> bytes:
    return blake2b("\0".join(pair).encode("utf-8", "replace"), digest_size=16, key=f"train pairs {seed}".encode()).digest()
