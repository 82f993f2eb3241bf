"""Random numbers as a function of their purpose.

A draw depends only on its key (seed, epoch, example, ...): not on the number of earlier draws or of
processes, nor on NumPy's generators, whose streams may change between versions. Corrupted sets are
therefore nested, and audits and samples can be reproduced anywhere.

Integer keys are mixed in bulk (`keyed_random`, `keyed_order`). Ids are text, and draws for them
must stay the same for years, so they come from a cryptographic hash (`keyed_uniform`,
`keyed_sample`).

Reference:
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, for random numbers by
    key; Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, for
    the mixing function (SplitMix64); RFC 7693 for BLAKE2b, the hash of text.
"""

import math
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_BELOW_ONE = math.nextafter(1.0, 0.0)


def keyed_random(*key: int | NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return uniform 64-bit numbers, one for each element of the key.

    Args:
        key: integers and integer arrays that broadcast together.

    Returns:
        Random numbers, in the broadcast shape (at least one dimension).
    """
    state = np.zeros(1, dtype=np.uint64)
    for part in key:
        state = _mix(
            (state + _GOLDEN) ^ np.atleast_1d(np.asarray(part, dtype=np.int64)).view(np.uint64)
        )
    return state


def keyed_order(n: int, *key: int) -> NDArray[np.int64]:
    """Return a random order of 0 .. n-1 [n]."""
    return np.argsort(keyed_random(*key, np.arange(n)), kind="stable")


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))


def keyed_uniform(version: str, seed: int, role: str, *ids: str) -> float:
    """Return a number in (0, 1): (blake2b-64(version|seed|role|ids) + 1/2) / 2^64.

    Args:
        version: version of the algorithm that draws.
        seed: the experiment's seed.
        role: the decision it serves, so that two decisions about the same ids are independent.
        ids: the ids that the decision is about.
    """
    return _unit(_hash(version, seed, role, ids).digest())


def keyed_uniforms(
    version: str, seed: int, role: str, ids: tuple[str, ...], last: Iterable[str]
) -> list[float]:
    """Return `keyed_uniform(version, seed, role, *ids, each)` for each id of `last`.

    The common part of the key is hashed once.
    """
    prefix = _hash(version, seed, role, (*ids, ""))
    draws = []
    for each in last:
        keyed = prefix.copy()
        keyed.update(each.encode())
        draws.append(_unit(keyed.digest()))
    return draws


def keyed_sample(items: Iterable[tuple[str, ...]], count: int, key: str) -> list[tuple[str, ...]]:
    """Return the `count` items with the smallest hashes; a larger sample contains a smaller one.

    Args:
        items: tuples of ids or texts, in any order.
        count: size of the sample; all items if there are fewer.
        key: the purpose of the sample, with the seed; at most 64 bytes.
    """
    return sorted(items, key=lambda item: (_keyed_digest(item, key), item))[:count]


def _keyed_digest(item: tuple[str, ...], key: str) -> bytes:
    text = "\0".join(item).encode("utf-8", "replace")
    return blake2b(text, digest_size=16, key=key.encode()).digest()


def _hash(version: str, seed: int, role: str, ids: Iterable[str]) -> "blake2b":
    return blake2b("|".join((version, str(seed), role, *ids)).encode(), digest_size=8)


def _unit(digest: bytes) -> float:
    """Return (h + 1/2) / 2^64, below 1 even where rounding would give 1."""
    return min((int.from_bytes(digest, "big") + 0.5) / 2.0**64, _BELOW_ONE)
