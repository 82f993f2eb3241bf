"""Validation queries for collections without any: a share of the training queries."""

from collections.abc import Iterable

import checks
from keyed_random import keyed_sample


def check_validation_share(share: float) -> None:
    """Check the setting before any work.

    Raises:
        InputError: the share is not inside (0, 1).
    """
    allowed = "between 0 and 1, the part of the training queries to hold out, e.g. 0.1"
    key = "dataset.validation_share"
    checks.real(key, share, allowed, 0.0, 1.0, open_low=True, open_high=True)


def held_out(queries: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """Choose the queries to be held out.

    These are the round(share * n) queries with the smallest keyed hashes, at least one and never
    all. The choice does not depend on the order of the queries, and a larger share contains a
    smaller one.

    Args:
        queries: the distinct training queries, n >= 2 of them.
        share: part to hold out, in (0, 1).
        seed: key of the hash.

    Returns:
        The chosen queries.
    """
    distinct = [(query,) for query in queries]
    count = min(max(round(share * len(distinct)), 1), len(distinct) - 1)
    return frozenset(query for (query,) in keyed_sample(distinct, count, f"holdout {seed}"))
