"""Random numbers as a function of what they are for.

A draw depends on its key (seed, epoch, example, ...) and on nothing else: not on how many draws
came before, nor on the number of processes, nor on NumPy's generators, whose streams may change
with its version.

Reference:
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, for random numbers by
    key; Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, for
    the mixing function (SplitMix64).
"""

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


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
