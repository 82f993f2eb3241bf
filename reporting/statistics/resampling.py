"""Randomisation tests and bootstrap intervals of many paired comparisons at once.

All comparisons over the same Q queries share their random draws: sign flips and resampled queries
are one matrix each, so a thousand comparisons cost one matrix product. The draws are a
function of the seed, so neither the order nor the number of comparisons changes a result.

References:
    Smucker, Allan and Carterette, "A comparison of statistical significance tests for information
    retrieval evaluation", CIKM 2007, section 3.1, for the randomisation test; Efron and Tibshirani,
    "An Introduction to the Bootstrap", 1993, chapter 13, for the percentile interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keyed_random import keyed_random

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FLIPS, DRAWS = 0, 1  # part of the keys, so that the two uses share no random numbers
WORD = 64  # random bits in one keyed number
BLOCK = 1 << 22  # numbers in a block; bounds the memory to some tens of MB
ROUNDING = 1e-12  # sums that differ by less, relative to the largest sum possible, are equal


class Resampler:
    """Random sign flips and resampled sets of Q queries.

    Args:
        queries: number of queries, Q.
        resamples: number of draws R. If all 2^Q sign flips are no more than R, they are all used
            and the test is exact.
        seed: seed of the draws.

    Attributes:
        exact: whether all sign flips are used.
    """

    def __init__(self, queries: int, *, resamples: int, seed: int) -> None:
        self.exact = queries < WORD and 1 << queries <= resamples
        self._signs = _all_signs(queries) if self.exact else _random_signs(queries, resamples, seed)
        self._counts = _random_counts(queries, resamples, seed)

    def p_values(self, differences: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return two-sided p-values of the randomisation test of the mean difference [n].

        Under the null hypothesis the two systems are exchangeable on each query, and so is the sign
        of each difference. p is the share of sign flips whose sum is at least as far from 0 as the
        observed one. If flips are drawn, the observed one counts as drawn (Phipson and Smyth,
        2010), so p is never 0.

        Args:
            differences: [n, Q].
        """
        p = np.empty(len(differences))
        for rows in _blocks(len(differences), len(self._signs)):
            sums = np.abs(_product(differences[rows], self._signs))
            observed = np.abs(differences[rows].sum(axis=1)) - ROUNDING * np.abs(
                differences[rows]
            ).sum(axis=1)
            reached = (sums >= observed[:, None]).sum(axis=1)
            p[rows] = (
                reached / len(self._signs) if self.exact else (reached + 1) / (len(self._signs) + 1)
            )
        return p

    def intervals(
        self, differences: NDArray[np.float64], *, confidence: float
    ) -> NDArray[np.float64]:
        """Return percentile bootstrap intervals of the mean difference over queries [n, 2].

        They describe how the mean varies with the choice of queries, not how training varies with
        the seed.

        Args:
            differences: [n, Q].
            confidence: coverage, e.g. 0.95.
        """
        tail = (1 - confidence) / 2
        ends = np.empty((len(differences), 2))
        for rows in _blocks(len(differences), len(self._counts)):
            means = _product(differences[rows], self._counts) / differences.shape[1]
            ends[rows] = np.quantile(means, [tail, 1 - tail], axis=1).T
        return ends


def _random_signs(queries: int, resamples: int, seed: int) -> NDArray[np.int8]:
    """Return random signs +1 and -1 [R, Q]."""
    words = keyed_random(
        seed, FLIPS, np.arange(-(-resamples // WORD))[:, None], np.arange(queries)[None, :]
    )  # [R / 64, Q]
    bits = np.unpackbits(
        words.astype("<u8").view(np.uint8).reshape(*words.shape, 8), axis=2
    )  # [R / 64, Q, 64]
    return (
        2 * bits.transpose(0, 2, 1).reshape(-1, queries)[:resamples].astype(np.int8) - 1
    ).astype(np.int8)


def _all_signs(queries: int) -> NDArray[np.int8]:
    """Return all sign patterns [2^Q, Q]."""
    bits = (np.arange(1 << queries)[:, None] >> np.arange(queries)) & 1
    return (2 * bits - 1).astype(np.int8)


def _random_counts(queries: int, resamples: int, seed: int) -> NDArray[np.uint16]:
    """Return how often each query is drawn when Q are drawn with replacement [R, Q]."""
    counts = np.empty((resamples, queries), dtype=np.uint16)
    for rows in _blocks(resamples, queries):
        drawn = keyed_random(
            seed, DRAWS, np.arange(resamples)[rows, None], np.arange(queries)[None, :]
        ) % np.uint64(queries)
        places = drawn.astype(np.int64) + queries * np.arange(len(drawn))[:, None]
        counts[rows] = np.bincount(places.ravel(), minlength=drawn.size).reshape(drawn.shape)
    return counts


def _product(
    differences: NDArray[np.float64], weights: NDArray[np.int8] | NDArray[np.uint16]
) -> NDArray[np.float64]:
    """Return differences @ weights.T [n, R], converting the weights to floats in blocks."""
    result = np.empty((len(differences), len(weights)))
    for columns in _blocks(len(weights), weights.shape[1]):
        result[:, columns] = differences @ weights[columns].T.astype(np.float64)
    return result


def _blocks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, BLOCK // max(1, width))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
