"""Memory of a cell of `model=adapter` on vectors from outside, among many documents.

    python -m benchmarks.retrieval.adapter_memory 100000 1000000 --scratch /scratch \
        dataset.train_pairs=5000 negatives.depth=0

The collections are those of the rehearsal at MS MARCO's size, the vectors are random. What stands
after the options are overrides. Prints a row for each size.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.retrieval.rehearsal import ROOT, StageCost, attempt
from benchmarks.retrieval.rehearsal_collection import write_rehearsal_collection
from data.ingest.lines import read_texts
from data.storage.atomic_files import written_aside

DIMENSIONS = 64


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="+", help="passages")
    parser.add_argument("--scratch", type=Path, required=True, help="for collections and cache")
    arguments, overrides = parser.parse_known_args()
    print("| passages | CPU, s | own, GB | with files, GB |\n|---|---|---|---|", flush=True)
    for size in arguments.sizes:
        row = measured(size, arguments.scratch.absolute(), overrides)
        print(f"| {size:,} | {row.cpu:.0f} | {row.own:.2f} | {row.resident:.2f} |", flush=True)


def measured(size: int, scratch: Path, overrides: list[str]) -> StageCost:
    """Run a cell of one epoch, and return what it took."""
    folder = scratch / f"made-up-{size}"
    write_rehearsal_collection(size, folder)
    settings = [
        "dataset=folder", f"dataset.path={folder}", "model=adapter",
        f"model.vectors={write_vectors(folder, scratch / f'vectors-{size}')}", "noise.ratio=0",
        "trainer.max_epochs=1", "logger=none", f"output_dir={scratch / 'outputs'}",
        "overwrite=true",
    ]  # fmt: skip
    row = StageCost(size, "adapter")
    attempt(row, [sys.executable, str(ROOT / "run.py"), *settings, *overrides], scratch, None)
    return row


def write_vectors(collection: Path, folder: Path) -> Path:
    """Write a random vector for each document and query, unless that is done."""
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    for side, name in (("documents", "corpus"), ("queries", "queries")):
        if not (folder / f"{side}.npy").exists():
            ids = [text.doc_id for text in read_texts(collection / f"{name}.jsonl")]
            (folder / f"{side}.ids").write_text("\n".join(ids) + "\n", encoding="utf-8")
            vectors = generator.standard_normal((len(ids), DIMENSIONS), dtype=np.float32)
            with written_aside(folder / f"{side}.npy") as aside, aside.open("wb") as file:
                np.save(file, vectors)
    return folder


if __name__ == "__main__":
    main()
