"""Validation queries for collections that have none: a part of the training queries, never of the test queries."""

from collections.abc import Iterable
from hashlib import blake2b

from errors import InputError


def check_validation_share(share: float) -> None:
    """Check the setting before any work.

    Raises:
        InputError: the share is not inside (0, 1).
    """
    if not 0 < share < 1:  # nan fails too
        raise InputError(
            f"dataset.validation_share={share} must lie between 0 and 1: it is a part of the "
            "training queries, for example 0.1"
        )


def held_out(queries: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """Choose the queries to be held out.

    The round(share * n), at least one and never all, queries with the smallest keyed hash: the
    choice does not depend on the order of the queries, and a larger share contains a smaller one.

    Args:
        queries: the distinct training queries, n >= 2 of them.
        share: part to hold out, in (0, 1).
        seed: key of the hash.

    Returns:
        The chosen queries.
    """
    ordered = sorted(queries, key=lambda query: (_keyed_hash(query, seed), query))
    count = min(max(round(share * len(ordered)), 1), len(ordered) - 1)
    return frozenset(ordered[:count])


def _keyed_hash(query: str, seed: int) -> bytes:
    return blake2b(
        query.encode("utf-8", "replace"), digest_size=16, key=f"holdout {seed}".encode()
    ).digest()
