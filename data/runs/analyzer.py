"""What BM25 counts as a word, in each language.

`english` is bm25s' own analysis. Other languages keep combining marks within words, which vowels of
many scripts are, and are compared after Unicode's compatibility normalisation (NFKC).
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENGLISH = "english"
NONE = "none"
CJK = "cjk"
BETWEEN_SPACES = r"\S+"

STOPPED = frozenset(
    [
        "german",
        "dutch",
        "french",
        "spanish",
        "portuguese",
        "italian",
        "russian",
        "swedish",
        "norwegian",
        "turkish",
        "danish",
    ]
)
"""Languages beside English whose stop words bm25s has, and Snowball a stemmer."""

SPACELESS = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan; Burmese; Khmer
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff"  # Hangul
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
"""Scripts whose words no space parts, and Korean, whose words carry their particles."""


def check_language(language: str) -> str:
    """Return `bm25.language`.

    Raises:
        InputError: there is no such analysis.
    """
    from Stemmer import algorithms

    return checks.choice("bm25.language", language, {NONE, CJK, *algorithms()})


def description(language: str) -> str:
    """Return the analysis in words; part of the key of every index and run that depends on it."""
    if language == ENGLISH:
        return (
            "words of two or more characters, lower case, bm25s' English stop words, "
            "Snowball's English stemmer"
        )
    if language == CJK:
        return "NFKC, lower case, pairs of characters in scripts without spaces, words elsewhere"
    if language == NONE:
        return "NFKC, words of two or more characters, lower case"
    stopped = f"bm25s' {language} stop words, " if language in STOPPED else ""
    return f"NFKC, words of two or more characters, lower case, {stopped}Snowball's {language}"


def analyzed(texts: Iterable[str], language: str, *, return_ids: bool) -> Any:
    """Return the terms of texts as bm25s takes them.

    Args:
        texts: streamed once.
        language: from `check_language`.
        return_ids: whether to return bm25s' numbered vocabulary, for an index, or a list of terms
            for each text.
    """
    from bm25s import tokenize
    from Stemmer import Stemmer

    if language == ENGLISH:
        return tokenize(
            texts,
            stopwords="en",
            stemmer=Stemmer(ENGLISH),
            return_ids=return_ids,
            show_progress=False,
        )
    return tokenize(
        (" ".join(_terms(text, language)) for text in texts),
        token_pattern=BETWEEN_SPACES,
        stopwords=language if language in STOPPED else None,
        stemmer=None if language in {NONE, CJK} else Stemmer(language),
        return_ids=return_ids,
        show_progress=False,
    )


def _terms(text: str, language: str) -> Iterator[str]:
    pattern = _pattern(cjk=language == CJK)
    for word in pattern.findall(text):
        folded = word if word.isascii() else unicodedata.normalize("NFKC", word)
        if language != CJK or not _spaceless().match(folded):
            yield folded.lower()
        elif len(folded) == 1:
            yield folded
        else:
            yield from map("".join, pairwise(folded))


@cache
def _pattern(*, cjk: bool) -> re.Pattern[str]:
    marks = _marks()
    if not cjk:
        return re.compile(rf"[\w{marks}]{{2,}}")
    return re.compile(rf"[{SPACELESS}]+|(?:(?![{SPACELESS}])[\w{marks}]){{2,}}")


@cache
def _spaceless() -> re.Pattern[str]:
    return re.compile(f"[{SPACELESS}]")


@cache
def _marks() -> str:
    """Every combining mark; for `re` they are no letters."""
    every = map(chr, range(sys.maxunicode + 1))
    return "".join(each for each in every if unicodedata.category(each) in {"Mn", "Mc"})
