"""Which engine answers: bm25s, or the index on disk with a pruned search.

Both give the same rows and scores to the last bit, so the choice is one of time and memory.
"""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec

import checks
from errors import InputError

AUTO, BM25S, PRUNED = "auto", "bm25s", "pruned"
SMALL = 200_000
"""Documents up to which bm25s is quicker, once the time is counted that compiling takes."""
LITTLE_TEXT = 400_000_000
"""Bytes of text up to which bm25s indexes in the memory of a small machine."""
MEMORY_A_BYTE = 11
"""Bytes of memory that bm25s takes to index a byte of text: 3,300 for a passage of 56 words."""
INSTALL = "install numba with: pip install -e '.[scale]'"

log = logging.getLogger(__name__)


def check_engine(engine: str) -> str:
    """Return `bm25.engine`.

    Raises:
        InputError: there is no such engine, or it lacks a package.
    """
    checks.choice("bm25.engine", engine, {AUTO, BM25S, PRUNED})
    if engine == PRUNED and not compiles():
        raise InputError(
            f"bm25.engine={engine}: it needs numba, which is not installed; {INSTALL}, or set "
            f"bm25.engine={BM25S}."
        )
    return engine


def chosen(engine: str, documents: int, text: int) -> str:
    """Return the engine of a collection: `bm25s` or `pruned`.

    Args:
        engine: `bm25.engine`.
        documents: their number.
        text: their bytes.

    Raises:
        InputError: there is no such engine, or it lacks a package.
    """
    if check_engine(engine) != AUTO:
        return engine
    return PRUNED if compiles() and not _is_small(documents, text) else BM25S


def check_memory(engine: str, documents: int, text: int) -> None:
    """Warn of what `auto` leaves to bm25s though it is large; call it when that is indexed.

    Args:
        engine: `bm25.engine`; whoever asks for bm25s by name is not warned.
        documents: their number.
        text: their bytes.

    Raises:
        InputError: bm25s would need more memory than there is.
    """
    if engine != AUTO:
        return
    needed, present = text * MEMORY_A_BYTE, _memory()
    advice = f"set bm25.engine={PRUNED}" if compiles() else INSTALL
    if needed > present:
        raise InputError(
            f"bm25.engine={engine}: to index {documents:,} documents, bm25s needs about "
            f"{needed / 1e9:.0f} GB of memory, and {present / 1e9:.0f} GB are there; {advice}."
        )
    if not _is_small(documents, text):
        log.warning(
            "%s documents: BM25 runs on bm25s, which takes long and about %.1f GB of memory; %s",
            f"{documents:,}",
            needed / 1e9,
            advice,
        )


def _is_small(documents: int, text: int) -> bool:
    return documents <= SMALL and text <= LITTLE_TEXT


def compiles() -> bool:
    """Return whether numba is installed."""
    return find_spec("numba") is not None


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
