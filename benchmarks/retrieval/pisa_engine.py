"""PISA, through pyterrier-pisa, on the terms of our analyser."""

from __future__ import annotations

import importlib
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from data.runs.analyzer import ENGLISH, analyzed
from data.storage.text_store import TextStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 10_000


def pisa(documents: Path, folder: Path) -> Any:
    """Index a text store into an empty folder.

    Returns:
        The search, from texts and a depth to rows and scores.
    """
    peer, pandas = (importlib.import_module(name) for name in ("pyterrier_pisa", "pandas"))
    index = peer.PisaIndex(str(folder / "pisa"), stemmer="none", stops="none", threads=1)
    index.toks_indexer("toks", scale=1.0).index(_documents(documents))

    def search(texts: list[str], depth: int) -> tuple[Any, Any]:
        engine = index.bm25(
            k1=0.9, b=0.4, num_results=depth, query_algorithm="maxscore", toks_scale=1.0
        )
        terms = [dict(Counter(each)) for each in analyzed(texts, ENGLISH, return_ids=False)]
        numbers = [str(place) for place in range(len(texts))]
        found = engine.transform(pandas.DataFrame({"qid": numbers, "query_toks": terms}))
        rows = np.full((len(texts), depth), -1, np.int64)
        scores = np.full((len(texts), depth), -np.inf, np.float32)
        places = found.qid.astype(int), found["rank"].astype(int)
        rows[places] = found.docno.astype(int)
        scores[places] = found.score
        return rows, scores

    return search


def _documents(store: Path) -> Iterator[dict[str, Any]]:
    texts = TextStore(store).texts()
    row = 0
    while chunk := list(islice(texts, CHUNK)):
        for terms in analyzed(chunk, ENGLISH, return_ids=False):
            yield {"docno": str(row), "toks": Counter(terms)}
            row += 1
