"""Engines of BM25 on made-up passages: time, memory, disk, queries a second, and exactness.

Each engine indexes and searches each size in a process of its own, with one thread. Each time it
makes its index anew. PISA is there where pyterrier-pisa is installed; it gets the terms of our
analyser.

python -m benchmarks.retrieval.bm25_engines --sizes 100000 500000 --engines bm25s pruned pisa
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.retrieval.made_up_passages import MadeUpPassages
from benchmarks.retrieval.pisa_engine import pisa

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
COLUMNS = (
    "documents", "engine", "index, CPU s", "peak memory, GB", "disk, MB",
    "queries/s, depth 100", "queries/s, depth 1000", "rankings as defined",
)  # fmt: skip
DEPTHS = (100, 1000)
ROUNDS_OFF = 2e-6
"""Relative difference of scores that are equal but for their rounding."""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 500_000])
    parser.add_argument("--engines", nargs="+", default=["bm25s", "pruned"])
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--scratch", type=Path, help="where collections and runs are kept")
    arguments = parser.parse_args()
    print("|", " | ".join(COLUMNS), "|\n|", "---|" * len(COLUMNS), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        scratch = arguments.scratch or Path(temporary)
        for size in arguments.sizes:
            prepare(size, scratch)
            for engine in arguments.engines:
                row = fresh(engine, size, arguments.queries, scratch)
                print("|", " | ".join(map(str, row)), "|", flush=True)


def fresh(engine: str, size: int, queries: int, scratch: Path) -> list[Any]:
    """Return a row of the table, measured in a process of its own."""
    call = f"one({engine!r}, {size}, {queries}, {str(scratch)!r})"
    command = [sys.executable, "-W", "ignore", "-c"]
    command.append(f"from benchmarks.retrieval.bm25_engines import one; {call}")
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(answer.stdout.splitlines()[-1])
    exact = agreement(scratch / f"{size}", engine, queries)
    return [f"{size:,}", engine, *found, exact]


def prepare(size: int, scratch: Path) -> None:
    """Write the collection once, outside of what is measured."""
    from data import Document
    from data.storage.text_store_writer import write_text_store

    folder = scratch / f"{size}" / "documents"
    if folder.exists():
        return
    aside = folder.with_suffix(".building")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    texts = enumerate(MadeUpPassages(size).texts())
    write_text_store(aside, (Document(str(row), text) for row, text in texts), "made-up")
    aside.rename(folder)


def one(engine: str, size: int, queries: int, scratch: str) -> None:
    """Index and search with one engine, and print what it took; its run is kept."""
    folder = Path(scratch) / f"{size}"
    texts = [text for _, text in MadeUpPassages(size).queries(queries)]
    with tempfile.TemporaryDirectory(prefix=f"{engine}-", dir=folder) as index:
        found = measured(engine, folder, texts, Path(index))
    sys.stdout.write(json.dumps(found) + "\n")


def measured(engine: str, folder: Path, texts: list[str], index: Path) -> list[str]:
    """Return the row of an engine, whose index goes into an empty folder."""
    documents = folder / "documents"
    before = time.process_time()
    search = pisa(documents, index) if engine == "pisa" else ours(engine, documents, index)
    search(texts[:2], 10)  # what is loaded or compiled at the first search is not searching
    indexed = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    speeds = []
    for depth in DEPTHS:
        search(texts[:2], depth)
        before = time.process_time()
        rows, scores = search(texts, depth)
        speeds.append(f"{len(texts) / (time.process_time() - before):.0f}")
        np.savez(run_file(folder, engine, len(texts), depth), rows=rows, scores=scores)
    disk = sum(path.stat().st_size for path in index.rglob("*") if path.is_file()) / 1e6
    return [f"{indexed:.0f}", f"{memory:.2f}", f"{disk:.0f}", *speeds]


def run_file(folder: Path, engine: str, queries: int, depth: int) -> Path:
    """Return where a run is kept."""
    return folder / f"{engine}-{queries}-{depth}.npz"


def ours(engine: str, documents: Path, folder: Path) -> Any:
    """Return the search of our index, from texts and a depth to rows and scores."""
    import torch

    from data import Cache, Collection, Split
    from data.bm25.indexing import open_index
    from data.runs.analyzer import ENGLISH, analyzed
    from data.storage.text_store import TextStore

    torch.set_num_threads(1)
    store = TextStore(documents)
    train, validation, test = (Split(name, {}, {}) for name in ("train", "validation", "test"))
    cache = Cache(folder)
    collection = Collection(
        "made-up", store, train, validation, test, "", "", cache, bm25_engine=engine
    )
    index = open_index(collection, engine, {"engine": engine}, 0.9, 0.4)

    def search(texts: list[str], depth: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rows = np.full((len(texts), depth), -1, np.int64)
        scores = np.full((len(texts), depth), -np.inf, np.float32)
        index.search(analyzed(texts, ENGLISH, return_ids=False), rows, scores)
        return rows, scores

    return search


def agreement(folder: Path, engine: str, queries: int) -> str:
    """Return how many rankings of 100 documents are those of bm25s, but for ties.

    A document that the definition does not rank so high has a score that the ranking by definition
    does not have at that rank.
    """
    definition = run_file(folder, "bm25s", queries, DEPTHS[1])
    if not definition.exists():
        return ""
    defined, found = map(np.load, (definition, run_file(folder, engine, queries, DEPTHS[0])))
    same = 0
    for rows, scores, theirs in zip(defined["rows"], defined["scores"], found["rows"], strict=True):
        true = dict(zip(rows.tolist(), scores.tolist(), strict=True))
        given = [true.get(row, -np.inf) for row in theirs.tolist()]
        same += np.allclose(given, scores[: DEPTHS[0]], rtol=ROUNDS_OFF)
    return f"{same} of {len(found['rows'])}"


if __name__ == "__main__":
    main()
