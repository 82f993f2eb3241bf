"""Made-up passages of MS MARCO's shape, and queries made from them.

A passage has 56 words on average. Words follow the law of Zipf and Mandelbrot; the most frequent
are English stop words, the others are syllables, so that the analyser of BM25 has its ordinary
work. A word that a passage has is likelier to come again in it. The same seed gives the same
passages, whatever the size, and passages are made in blocks, so memory does not grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MS_MARCO, TRAIN_QUERIES, VALIDATION_QUERIES = 8_841_823, 502_939, 6_980
STOPPED = [
    "the",
    "of",
    "and",
    "to",
    "a",
    "in",
    "is",
    "for",
    "that",
    "it",
    "on",
    "as",
    "with",
    "be",
    "by",
    "or",
    "are",
    "this",
    "an",
    "if",
    "not",
    "at",
    "they",
    "was",
    "will",
    "but",
    "into",
    "there",
    "no",
    "then",
    "their",
    "such",
    "these",
]
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
SYLLABLES = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
WORDS, EXPONENT, OFFSET = 2_000_000, 1.07, 2.7
"""Size of the vocabulary, and the exponent and offset of its law."""
LENGTH, SHAPE, SHORTEST = 56.0, 6.0, 8
"""Mean of the gamma distribution of passage lengths, its shape, and the fewest words."""
AGAIN = 0.25
"""Share of words that repeat one of their passage."""
BLOCK = 10_000
CONTENT, QUESTION, FILLING = 3, 1, 2
"""Words of a query: of its passage, frequent ones (like "how" or "long"), and stop words."""
FREQUENT = 100
"""How many of the words after the stop words are frequent ones."""


def distinct_words(size: int) -> float:
    """Return about how many distinct words so many passages have.

    Of n words drawn independently, one of probability p is among them with probability
    1 - exp(-np), nearly. Words that repeat one of their passage do not count in n.
    """
    drawn = size * LENGTH * (1 - AGAIN)
    return float(-np.expm1(-drawn * _probabilities()).sum())


class MadeUpPassages:
    """A seeded collection.

    Args:
        size: passages.
        seed: any integer of 0 or more.
    """

    def __init__(self, size: int, seed: int = 0) -> None:
        self.size = size
        self.seed = seed
        self._words = np.array([_word(rank) for rank in range(WORDS)], dtype=object)
        self._cumulative = np.cumsum(_probabilities())

    def texts(self, start: int = 0) -> Iterator[str]:
        """Yield the passages from one on."""
        for first in range(start - start % BLOCK, self.size, BLOCK):
            for row, words in self._block(first):
                if row >= start:
                    yield " ".join(words)

    def queries(self, count: int) -> Iterator[tuple[int, str]]:
        """Yield the passage a query is made from, and the query, evenly over the collection.

        Raises:
            ValueError: more queries than passages.
        """
        if count > self.size:
            raise ValueError(f"{count} queries of {self.size} passages")
        rows = (np.arange(count, dtype=np.int64) * self.size) // count
        for first in np.unique(rows - rows % BLOCK).tolist():
            chosen = set(rows[(rows >= first) & (rows < first + BLOCK)].tolist())
            random = np.random.default_rng([self.seed, first, 1])
            for row, words in self._block(first):
                if row in chosen:
                    yield row, self._query(words, random)

    def _block(self, first: int) -> Iterator[tuple[int, NDArray[np.object_]]]:
        random = np.random.default_rng([self.seed, first])
        lengths = np.maximum(random.gamma(SHAPE, LENGTH / SHAPE, BLOCK).astype(np.int64), SHORTEST)
        ends = np.cumsum(lengths)
        ranks = np.searchsorted(self._cumulative, random.random(ends[-1]))
        self._repeat(ranks, lengths, random)
        words = self._words[np.minimum(ranks, WORDS - 1)]
        for place in range(min(BLOCK, self.size - first)):
            yield first + place, words[ends[place] - lengths[place] : ends[place]]

    def _query(self, words: NDArray[np.object_], random: np.random.Generator) -> str:
        content = sorted({word for word in words if word not in STOPPED})
        frequent = self._words[len(STOPPED) : len(STOPPED) + FREQUENT]
        chosen = [
            *random.choice(content, min(CONTENT, len(content)), replace=False),
            *random.choice(frequent, QUESTION),
            *random.choice(STOPPED, FILLING),
        ]
        return " ".join(chosen[place] for place in random.permutation(len(chosen)))

    def _repeat(
        self, ranks: NDArray[np.int64], lengths: NDArray[np.int64], random: np.random.Generator
    ) -> None:
        starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
        earlier = starts + (random.random(len(ranks)) * (np.arange(len(ranks)) - starts)).astype(
            np.int64
        )
        again = random.random(len(ranks)) < AGAIN
        ranks[again] = ranks[earlier[again]]


def _probabilities() -> NDArray[np.float64]:
    weights = (np.arange(1, WORDS + 1) + OFFSET) ** -EXPONENT
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def _word(rank: int) -> str:
    if rank < len(STOPPED):
        return STOPPED[rank]
    rest, syllables = rank - len(STOPPED) + len(SYLLABLES), []
    while rest:
        rest, syllable = divmod(rest, len(SYLLABLES))
        syllables.append(SYLLABLES[syllable])
    return "".join(syllables)
