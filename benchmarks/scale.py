"""Peak memory over the size of a made-up collection of short documents, each stage in a fresh process; docs/figures/benchmarks_memory.svg.

python -m benchmarks.scale [--repeats ignored] [--json file]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measuring import Limit, Row, command_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from data import Cache

ROOT = Path(__file__).parents[1]
FIGURE = ROOT / "docs" / "figures" / "benchmarks_memory.svg"
SIZES = {"tokenise": (10_000, 30_000, 100_000), "bm25": (10_000, 30_000, 100_000), "encode and search": (10_000, 100_000, 1_000_000)}
DIMENSIONS, WORDS, LENGTH, QUERIES = 128, 5000, 20, 100
LARGE, ROOM = 1_000_000, 1.5  # documents; GiB that encoding and searching so many may take
KIBIBYTES_A_GIBIBYTE = 2**20
GROWTH = {"tokenise": 0.1, "bm25": 1.0, "encode and search": 1.0}  # KiB a document: about its share of what is stored


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Memory of a million documents' encoding and search against its limit; every point goes into the figure."""
    del arguments
    points = {stage: [(size, *_fresh(stage, size)) for size in sizes] for stage, sizes in SIZES.items()}
    for stage, curve in points.items():
        print(stage, [f"{size}: {gibibytes:.2f} GiB, {seconds:.1f} s" for size, gibibytes, seconds in curve], flush=True)
    draw(points)
    total = {size: gibibytes for size, gibibytes, _ in points["encode and search"]}[LARGE]
    setting = f"{LARGE} documents x {DIMENSIONS}, memory-mapped index of {LARGE * DIMENSIONS * 4 / 2**30:.2f} GiB included"
    return [Limit("memory of encoding and search", setting, total, ROOM, "GiB"), *(_growth(stage, points[stage]) for stage in points)]


def _growth(stage: str, curve: list[tuple[int, float, float]]) -> Row:
    """Memory that another document takes, between the two largest sizes."""
    (fewer, low, _), (more, high, _) = curve[-2:]
    setting = f"a document, from {fewer} to {more} of {LENGTH} words"
    return Limit(f"memory of {stage}", setting, (high - low) / (more - fewer) * 2**20, GROWTH[stage], "KiB")


def draw(points: dict[str, list[tuple[int, float, float]]]) -> None:
    """The growth curves, as a figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for stage, curve in points.items():
        axes.plot([size for size, *_ in curve], [gibibytes for _, gibibytes, _ in curve], marker="o", label=stage)
    axes.set(xscale="log", xlabel="documents", ylabel="peak memory beyond the imports [GiB]", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(FIGURE, metadata={"Date": None})


def _fresh(stage: str, size: int) -> tuple[float, float]:
    """GiB beyond the imports, and CPU seconds."""
    command = [sys.executable, "-W", "ignore", "-c", f"from benchmarks.scale import stage; stage({stage!r}, {size})"]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    gibibytes, seconds = json.loads(answer.stdout.splitlines()[-1])
    return gibibytes, seconds


def stage(name: str, size: int) -> None:
    """Does a stage's work and prints how much memory it took at its peak, and its CPU seconds."""
    import torch

    import data
    import lightning_modules.static_encoder  # noqa: F401 - imported before memory is looked at

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        work = {"tokenise": _tokenise, "bm25": _bm25, "encode and search": _encode_and_search}[name]
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        work(size, Path(folder), data.Cache(Path(folder) / "cache"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps([(peak - before) / KIBIBYTES_A_GIBIBYTE, time.process_time() - started]) + "\n")


def _texts(size: int) -> Iterator[str]:
    random = np.random.default_rng(0)
    return (" ".join(f"w{word}" for word in random.integers(0, WORDS, LENGTH)) for _ in range(size))


def _tokenise(size: int, folder: Path, cache: Cache) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    from data import TextTokenizer, build_token_store

    del folder
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, **{f"w{word}": word + 1 for word in range(WORDS)}}, unk_token="[UNK]"))  # noqa: S106
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    fast: Any = PreTrainedTokenizerFast  # which carries no types
    tokenizer = TextTokenizer(fast(tokenizer_object=backend, unk_token="[UNK]"), max_length=64, special_tokens=False)  # noqa: S106
    build_token_store(_texts(size), fingerprint=f"made-up-{size}", tokenizer=tokenizer, cache=cache, total=size)


def _bm25(size: int, folder: Path, cache: Cache) -> None:
    from data import Collection, Document, Split, bm25_run
    from data.text_store import TextStore
    from data.text_store_writer import write_text_store

    store = folder / "documents"
    store.mkdir()
    write_text_store(store, (Document(f"d{row}", text) for row, text in enumerate(_texts(size))), "made-up")
    documents = TextStore(store)
    train, validation, test = (Split(name, {}, {}) for name in ("train", "validation", "test"))
    collection = Collection("made-up", documents, train, validation, test, "made-up", documents.fingerprint, cache)
    bm25_run(collection, {f"q{row}": text for row, text in enumerate(_texts(QUERIES))}, 100)


def _encode_and_search(size: int, folder: Path, cache: Cache) -> None:
    import torch

    from data import TokenStore
    from data.ragged import Ragged
    from evaluation.encode import encode_store
    from evaluation.search import exact_top_k
    from lightning_modules.static_encoder import StaticEncoder

    del cache
    ids = np.lib.format.open_memmap(folder / "ids.npy", mode="w+", dtype=np.uint16, shape=(size * LENGTH,))
    for start in range(0, len(ids), 1 << 20):
        ids[start : start + (1 << 20)] = np.random.default_rng(start).integers(0, WORDS, min(1 << 20, len(ids) - start))
    store = TokenStore(Ragged(np.load(folder / "ids.npy", mmap_mode="r"), np.arange(size + 1, dtype=np.int64) * LENGTH))
    encoder = StaticEncoder(torch.randn(WORDS, DIMENSIONS), torch.ones(WORDS))
    vectors = encode_store(store, encoder, batch_tokens=16384, path=folder / "vectors.npy")
    exact_top_k(vectors[:QUERIES], np.load(folder / "vectors.npy", mmap_mode="r"), 100)


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=1)
