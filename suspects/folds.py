"""Folds over queries, so that no pair is judged by a model that has learnt its query."""

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
    query_rows: NDArray[np.int64], query_ids: list[str], folds: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each pair, from 0 [n].

    The pairs of a query share a fold, and folds differ by at most one query. A query's place in the
    order depends on its id alone.

    Args:
        query_rows: row of each pair's query [n].
        query_ids: id of each query row.
        folds: number of folds.
        seed: of the keyed hashes.

    Raises:
        InputError: more folds than queries with a pair, or a single query.
    """
    judged = np.unique(query_rows)
    if len(judged) == 1:
        raise InputError(
            "task=suspects: only one training query has a positive label, so no model can learn "
            "from the others. Give a collection with at least two, or more dataset.train_pairs."
        )
    if folds > len(judged):
        raise InputError(
            f"task.folds={folds}: must be at most {len(judged)}, the number of training queries "
            "with a positive label."
        )
    draws = [keyed_uniform(VERSION, seed, "fold", query_ids[row]) for row in judged]
    fold_of_query = np.full(len(query_ids), -1, dtype=np.int64)
    fold_of_query[judged[np.argsort(draws, kind="stable")]] = np.arange(len(judged)) % folds
    return fold_of_query[query_rows]
