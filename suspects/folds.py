"""Folds over queries, so that no pair is judged by a model that has learnt its query."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

import checks
from errors import InputError
from keyed_random import keyed_uniform

VERSION = "folds-1"


def check_folds(folds: int) -> None:
    """Check the number of folds before any work.

    Raises:
        InputError: fewer than two, which would leave nothing to learn from.
    """
    checks.integer("task.folds", folds, 2)


def folds_of(
    query_rows: NDArray[np.int64], queries: Mapping[str, str], folds: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each pair, from 0 [n].

    The pairs of a query share a fold, as do queries with one text, and folds differ by at most one
    text. A text's place in the order depends on the smallest id of its queries alone.

    Args:
        query_rows: row of each pair's query [n].
        queries: query_id -> text, in the order of the rows.
        folds: number of folds.
        seed: of the keyed hashes.

    Raises:
        InputError: more folds than queries with a pair, or a single query.
    """
    judged = np.unique(query_rows)
    texts = list(queries.values())
    first: dict[str, str] = {}
    for query_id in sorted(queries):
        first.setdefault(queries[query_id], query_id)
    names = sorted({first[texts[row]] for row in judged})
    if len(names) == 1:
        raise InputError(
            "task=suspects: only one training query has a positive label, so no model can learn "
            "from the others. Give a collection with at least two, or more dataset.train_pairs."
        )
    if folds > len(names):
        raise InputError(
            f"task.folds={folds}: must be at most {len(names)}, the number of training queries "
            "with a positive label."
        )
    drawn = sorted(names, key=lambda name: keyed_uniform(VERSION, seed, "fold", name))
    fold_of = {name: place % folds for place, name in enumerate(drawn)}
    fold_of_query = np.full(len(texts), -1, dtype=np.int64)
    for row in judged:
        fold_of_query[row] = fold_of[first[texts[row]]]
    return fold_of_query[query_rows]
