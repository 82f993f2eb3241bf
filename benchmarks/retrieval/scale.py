"""Peak memory over the size of a synthetic collection, each stage in a fresh process.

Two peaks: of all resident memory, files that are mapped included, and of the process's own, which
the system cannot take back at will.

python -m benchmarks.retrieval.scale [--repeats ignored] [--json file]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.measuring import Limit, Row, command_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from data import Cache

ROOT = Path(__file__).parents[2]
FIGURE = ROOT / "docs" / "figures" / "benchmarks_memory.svg"
SIZES = {
    "tokenise": (10_000, 30_000, 100_000),
    "bm25": (10_000, 30_000, 100_000),
    "encode and search": (10_000, 100_000, 1_000_000),
}
DIMENSIONS, WORDS, LENGTH, QUERIES = 128, 5000, 20, 100
LARGE, ROOM = 1_000_000, 1.5  # documents; GiB that encoding and searching so many may take
KIBIBYTES_A_GIBIBYTE = 2**20
# KiB of own memory a document; BM25's index is in memory
GROWTH = {
    "tokenise": 0.1,
    "bm25": 1.0,
    "encode and search": 0.1,
}
SAMPLED = 0.002  # seconds between two looks at the process's own memory


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return the memory of encoding and searching a million documents, and its limit."""
    del arguments
    points = {
        stage: [ScalePoint(size, *_fresh(stage, size)) for size in sizes]
        for stage, sizes in SIZES.items()
    }
    for stage, curve in points.items():
        print(
            stage,
            [
                f"{p.size}: {p.own:.2f} GiB, with mapped files {p.resident:.2f} GiB, "
                f"{p.seconds:.1f} s"
                for p in curve
            ],
            flush=True,
        )
    draw(points)
    total = {point.size: point.resident for point in points["encode and search"]}[LARGE]
    setting = (
        f"{LARGE} documents x {DIMENSIONS}, the mapped index of "
        f"{LARGE * DIMENSIONS * 4 / 2**30:.2f} GiB included, written and read"
    )
    return [
        Limit("memory of encoding and search", setting, total, ROOM, "GiB"),
        *(_growth(stage, points[stage]) for stage in points),
    ]


class ScalePoint(NamedTuple):
    """One stage at one size.

    Attributes:
        size: documents.
        own: peak of the process's own memory beyond the imports, GiB.
        resident: the same with the files that are mapped.
        seconds: CPU seconds.
    """

    size: int
    own: float
    resident: float
    seconds: float


def _growth(stage: str, curve: list[ScalePoint]) -> Row:
    """Return own memory that another document takes, between the two largest sizes."""
    fewer, more = curve[-2:]
    setting = f"own memory a document, from {fewer.size} to {more.size} of {LENGTH} words"
    return Limit(
        f"memory of {stage}",
        setting,
        (more.own - fewer.own) / (more.size - fewer.size) * 2**20,
        GROWTH[stage],
        "KiB",
    )


def draw(points: dict[str, list[ScalePoint]]) -> None:
    """Draw the growth curves."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    for stage, curve in points.items():
        sizes = [point.size for point in curve]
        (line,) = axes.plot(
            sizes, [point.own for point in curve], marker="o", label=f"{stage}: its own"
        )
        axes.plot(
            sizes,
            [point.resident for point in curve],
            linestyle="--",
            color=line.get_color(),
            label="and mapped files",
        )
    axes.set(
        xscale="log",
        xlabel="documents",
        ylabel="peak memory beyond the imports [GiB]",
        ylim=(0, None),
    )
    axes.legend(frameon=False)
    figure.savefig(FIGURE, metadata={"Date": None})


def _fresh(stage: str, size: int) -> tuple[float, float, float]:
    """Return own and resident GiB beyond the imports, and CPU seconds."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        f"from benchmarks.retrieval.scale import stage; stage({stage!r}, {size})",
    ]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    own, resident, seconds = json.loads(answer.stdout.splitlines()[-1])
    return own, resident, seconds


def stage(name: str, size: int) -> None:
    """Do a stage's work and print how much memory it took at its peak, and its CPU seconds."""
    import torch

    # imported before memory is looked at
    import data
    import lightning_modules.networks.static_encoder  # noqa: F401

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        work = {"tokenise": _tokenise, "bm25": _bm25, "encode and search": _encode_and_search}[name]
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        with _watched() as own:
            work(size, Path(folder), data.Cache(Path(folder) / "cache"))
        peaks = max(own) - own[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(
        json.dumps(
            [*(peak / KIBIBYTES_A_GIBIBYTE for peak in peaks), time.process_time() - started]
        )
        + "\n"
    )


@contextmanager
def _watched() -> Iterator[list[int]]:
    """KiB of the process's own memory, at the beginning and every few milliseconds."""
    seen, done = [_own()], threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLED):
            seen.append(_own())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _own() -> int:
    """Return KiB of anonymous memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def _texts(size: int) -> Iterator[str]:
    random = np.random.default_rng(0)
    return (" ".join(f"w{word}" for word in random.integers(0, WORDS, LENGTH)) for _ in range(size))


def _tokenise(size: int, folder: Path, cache: Cache) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    from data import TextTokenizer, build_token_store

    del folder
    backend = Tokenizer(
        models.WordLevel(
            {"[UNK]": 0, **{f"w{word}": word + 1 for word in range(WORDS)}}, unk_token="[UNK]"
        )
    )
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    fast: Any = PreTrainedTokenizerFast  # which carries no types
    tokenizer = TextTokenizer(
        fast(tokenizer_object=backend, unk_token="[UNK]"), max_length=64, special_tokens=False
    )
    build_token_store(
        _texts(size), fingerprint=f"made-up-{size}", tokenizer=tokenizer, cache=cache, total=size
    )


def _bm25(size: int, folder: Path, cache: Cache) -> None:
    from data import Collection, Document, Split, bm25_run
    from data.storage.text_store import TextStore
    from data.storage.text_store_writer import write_text_store

    store = folder / "documents"
    store.mkdir()
    write_text_store(
        store, (Document(f"d{row}", text) for row, text in enumerate(_texts(size))), "made-up"
    )
    documents = TextStore(store)
    train, validation, test = (Split(name, {}, {}) for name in ("train", "validation", "test"))
    collection = Collection(
        "made-up", documents, train, validation, test, "made-up", documents.fingerprint, cache
    )
    bm25_run(collection, {f"q{row}": text for row, text in enumerate(_texts(QUERIES))}, 100)


def _encode_and_search(size: int, folder: Path, cache: Cache) -> None:
    import torch

    from data import TokenStore
    from data.storage.ragged import Ragged
    from evaluation.encode import encode_store
    from evaluation.exact_search import exact_top_k
    from lightning_modules.networks.static_encoder import StaticEncoder

    del cache
    ids = np.lib.format.open_memmap(
        folder / "ids.npy", mode="w+", dtype=np.uint16, shape=(size * LENGTH,)
    )
    for start in range(0, len(ids), 1 << 20):
        ids[start : start + (1 << 20)] = np.random.default_rng(start).integers(
            0, WORDS, min(1 << 20, len(ids) - start)
        )
    store = TokenStore(
        Ragged(
            np.load(folder / "ids.npy", mmap_mode="r"), np.arange(size + 1, dtype=np.int64) * LENGTH
        )
    )
    encoder = StaticEncoder(torch.randn(WORDS, DIMENSIONS), torch.ones(WORDS))
    vectors = encode_store(store, encoder, batch_tokens=16384, path=folder / "vectors.npy")
    exact_top_k(vectors[:QUERIES], np.load(folder / "vectors.npy", mmap_mode="r"), 100)


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=1)
