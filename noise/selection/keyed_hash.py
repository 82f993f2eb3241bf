"""Randomness without state: every draw is a hash of what it is drawn for.

A generator's n-th number depends on everything drawn before it. A keyed hash depends on its key
alone, so a draw is the same whatever the order of the input, the platform, the number of processes
and the ratio, which is what makes the corrupted sets nested and the audits reproducible.
(`keyed_random` serves integer keys in bulk; ids are text, and their draws must outlive this
program.)

Reference: the idea is that of counter-based generators (Salmon et al., "Parallel random numbers: as
easy as 1, 2, 3", SC 2011); the hash is BLAKE2b (RFC 7693).
"""

import math
from collections.abc import Iterable
from hashlib import blake2b

_BELOW_ONE = math.nextafter(1.0, 0.0)


def _unit(digest: bytes) -> float:
    """(h + 1/2) / 2^64, kept below 1, where the largest hashes would be rounded to."""
    return min((int.from_bytes(digest, "big") + 0.5) / 2.0**64, _BELOW_ONE)


def _hash(version: str, seed: int, role: str, ids: Iterable[str]) -> "blake2b":
    return blake2b("|".join((version, str(seed), role, *ids)).encode(), digest_size=8)


def uniform(version: str, seed: int, role: str, *ids: str) -> float:
    """Return a number in (0, 1), uniform over keys: (blake2b-64(version|seed|role|ids) + 1/2) / 2^64.

    Args:
        version: version of the algorithm that draws.
        seed: the experiment's noise seed.
        role: what the number decides, so that two decisions about the same ids are independent.
        ids: what the decision is about.
    """
    return _unit(_hash(version, seed, role, ids).digest())


def uniforms(
    version: str, seed: int, role: str, ids: tuple[str, ...], last: Iterable[str]
) -> list[float]:
    """Return `uniform(version, seed, role, *ids, each)` for each id of `last`; the common part of the key is hashed once."""
    prefix = _hash(version, seed, role, (*ids, ""))
    draws = []
    for each in last:
        keyed = prefix.copy()
        keyed.update(each.encode())
        draws.append(_unit(keyed.digest()))
    return draws
