"""The terms of a slice of the documents, counted and written, so that memory depends on the slice.

Files of a piece:
    words.txt     its terms in the order of their code points, each ended by a new line
    starts.npy    int64 [T + 1]: begin of each term's postings
    rows.npy      int32 [P]: rows of the documents, ascending within a term
    counts.npy    int32 [P]: how often the document has the term
    lengths.npy   int32 [D]: terms of each document, repetitions included
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data.runs.analyzer import analyzed
from data.storage.ragged import offsets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

AT_ONCE, LETTERS = 10_000, 1 << 22
"""Documents and characters whose terms are Python objects at the same time."""


class CountedTerms(NamedTuple):
    """A written piece without its words; the arrays are mapped.

    Attributes:
        starts: int64 [T + 1], the begin of each term's postings.
        rows: int32 [P], the document of each posting.
        counts: int32 [P], how often the document has the term.
        lengths: int32 [D], terms of each document.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.int32]
    lengths: NDArray[np.int32]


def write_piece(folder: Path, texts: Iterable[str], first: int, language: str) -> None:
    """Count the terms of some documents.

    Args:
        folder: empty.
        texts: of consecutive documents, streamed once.
        first: the row of the first of them.
        language: from `data.runs.analyzer.check_language`.
    """
    numbers: dict[str, int] = {}
    parts = list(_numbered(texts, language, numbers))
    lengths = np.concatenate([part for part, _ in parts])
    words = sorted(numbers)
    rank = np.empty(len(words), np.int64)
    rank[[numbers[word] for word in words]] = np.arange(len(words))
    # a pair is one number, so that one sort brings both into order
    pairs = rank[np.concatenate([part for _, part in parts])] << 32
    pairs |= np.repeat(np.arange(first, first + len(lengths)), lengths)
    pairs, counts = np.unique(pairs, return_counts=True)
    postings = np.bincount(pairs >> 32, minlength=len(words))
    write_words(folder / "words.txt", words)
    _save(folder, "starts", offsets_of(postings))
    _save(folder, "rows", (pairs & 0xFFFFFFFF).astype(np.int32))
    _save(folder, "counts", counts.astype(np.int32))
    _save(folder, "lengths", lengths.astype(np.int32))


def read_piece(folder: Path) -> CountedTerms:
    """Return the counts of a piece that `write_piece` wrote."""
    return CountedTerms(
        *(np.load(folder / f"{name}.npy", mmap_mode="r") for name in CountedTerms._fields)
    )


def write_words(path: Path, words: Iterable[str]) -> None:
    """Write terms, each ended by a new line, since a stem may be empty (in Arabic, for one)."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word}\n" for word in words)


def read_words(path: Path) -> Iterator[str]:
    """Yield the terms that `write_words` wrote."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield line.removesuffix("\n")


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield consecutive texts, as many as may be analysed at once."""
    some: list[str] = []
    letters = 0
    for text in texts:
        some.append(text)
        letters += len(text)
        if len(some) == AT_ONCE or letters >= LETTERS:
            yield some
            some, letters = [], 0
    if some:
        yield some


def _numbered(
    texts: Iterable[str], language: str, numbers: dict[str, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the lengths of some documents and the numbers of their terms, one after the other."""
    for some in batches(texts):
        ids, vocabulary = analyzed(some, language, return_ids=True)
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        terms = np.fromiter(chain.from_iterable(ids), np.int64, int(lengths.sum()))
        ours = np.zeros(max(vocabulary.values(), default=-1) + 1, np.int64)
        for word, number in vocabulary.items():
            ours[number] = numbers.setdefault(word, len(numbers))
        yield lengths, ours[terms]


def _save(folder: Path, name: str, array: NDArray[np.int64] | NDArray[np.int32]) -> None:
    np.save(folder / f"{name}.npy", array, allow_pickle=False)
