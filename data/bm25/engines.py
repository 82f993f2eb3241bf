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
BYTES_A_DOCUMENT = 3_300
"""Memory that bm25s takes to index a passage of 56 words."""
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


def chosen(engine: str, documents: int) -> str:
    """Return the engine for a number of documents: `bm25s` or `pruned`.

    Raises:
        InputError: bm25s would need more memory than there is, and numba is not installed.
    """
    if check_engine(engine) != AUTO:
        return engine
    if documents <= SMALL:
        return BM25S
    if compiles():
        return PRUNED
    needed, present = documents * BYTES_A_DOCUMENT, _memory()
    if needed > present:
        raise InputError(
            f"bm25.engine={engine}: to index {documents:,} documents, bm25s needs about "
            f"{needed / 1e9:.0f} GB of memory, and {present / 1e9:.0f} GB are there; {INSTALL}."
        )
    log.warning(
        "%s documents: BM25 runs on bm25s, which takes long and about %.1f GB of memory; %s",
        f"{documents:,}",
        needed / 1e9,
        INSTALL,
    )
    return BM25S


def compiles() -> bool:
    """Return whether numba is installed."""
    return find_spec("numba") is not None


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
