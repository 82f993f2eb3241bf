"""Measure training of each kind of model on real collections, for docs/models.md.

Usage: IR_DATASETS_HOME=DIRECTORY python -m benchmarks.training.models MEDQUAD [--output DIRECTORY]
[--results benchmarks/training/models.json] [--only WORD]

MEDQUAD is a folder in BEIR layout with LiveQA's test questions and MedQuAD's answers. scifact and
nfcorpus come from ir_datasets. It takes hours on one core; an interrupted measurement continues,
and a second call measures only what is missing.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.noise.audits import ROOT, Measured, Results
from data.storage.atomic_files import written_aside

CLEAN = ["loss=cross_entropy", "noise=none", "noise.ratio=0", "logger=none"]
SCIFACT = ["dataset=scifact", "model.tokens.document_length=64"]
NFCORPUS = [
    "dataset=nfcorpus",
    "dataset.train_pairs=800",
    "dataset.validation_queries=100",
    "model.tokens.document_length=64",
]
MEDQUAD = [
    "dataset=folder",
    "dataset.train_pairs=1000",
    "dataset.validation_queries=20",
    "model.tokens.document_length=96",
]
TWO = "model.network.num_hidden_layers=2"
RERANKER = [
    "model=cross_encoder",
    "optimizer.lr=1e-4",
    "model.tokens.query_length=32",
    "model.network.pair_length=96",
    "negatives.per_example=3",
]
CELLS = {
    "scifact/minilm_2layers": [
        "dataset=scifact",
        "model=minilm_2layers",
        "model.tokens.document_length=128",
    ],
    "nfcorpus/minilm_2layers": [*NFCORPUS, "model=minilm_2layers"],
    "nfcorpus/minilm_2layers, more pairs": [
        *NFCORPUS,
        "model=minilm_2layers",
        "dataset.train_pairs=6000",
        "optimizer.lr=5e-4",
    ],
    "nfcorpus/minilm_2layers, many pairs": [
        *NFCORPUS,
        "model=minilm_2layers",
        "dataset.train_pairs=16000",
        "optimizer.lr=5e-4",
    ],
    "scifact/colbert, 2 layers": [*SCIFACT, "model=colbert", TWO],
    "nfcorpus/colbert, 2 layers": [*NFCORPUS, "model=colbert", TWO],
    "scifact/minilm": [*SCIFACT, "model=minilm"],
    "nfcorpus/minilm": [*NFCORPUS, "model=minilm"],
    "nfcorpus/minilm, more pairs": [*NFCORPUS, "model=minilm", "dataset.train_pairs=6000"],
    "scifact/colbert": [*SCIFACT, "model=colbert"],
    "nfcorpus/colbert": [*NFCORPUS, "model=colbert"],
    "medquad-liveqa/cross_encoder, 2 layers": [*MEDQUAD, TWO, *RERANKER],
    "medquad-liveqa/cross_encoder": [
        *MEDQUAD,
        *RERANKER,
        "dataset.train_pairs=3000",
        "trainer.max_epochs=2",
        "batch.size=8",
        "trainer.precision=bf16-mixed",
    ],
}
COLUMNS = (
    "collection",
    "model",
    "training pairs",
    "tokens",
    "BM25",
    "untrained",
    "trained",
    "change",
    "minutes",
)
BEGIN, END = "<!-- trained models -->\n", "<!-- end -->"


def cell(overrides: list[str], output: Path) -> Measured:
    """Run a cell, or the rest of it, and return its numbers."""
    arguments = [*overrides, *CLEAN, f"output_dir={output}"]
    # our own program
    subprocess.run([sys.executable, str(ROOT / "run.py"), *arguments], check=True)
    return numbers(json.loads(next(output.rglob("scores.json")).read_text(encoding="utf-8")))


def numbers(scores: Mapping[str, Any]) -> Measured:
    """Return what is kept of a cell's scores.json."""
    first_stage = scores["search"].get("first_stage_measures")
    return {
        "untrained": scores["untrained"]["nDCG@10"],
        "trained": scores["measures"]["nDCG@10"],
        "first_stage": None if first_stage is None else first_stage["nDCG@10"],
        "training_examples": scores["data"]["training_examples"],
        "seconds": sum(scores["wall_seconds"].values()),
    }


def table(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the rows of the cells that are measured, in the order of CELLS."""
    lines = [
        COLUMNS,
        ["---"] * len(COLUMNS),
        *(_row(name, measured[name]) for name in CELLS if name in measured),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(name: str, measured: Mapping[str, Any]) -> list[str]:
    collection, model = name.split("/")
    untrained, trained, first_stage = (
        measured["untrained"],
        measured["trained"],
        measured["first_stage"],
    )
    keys = dict(override.split("=", 1) for override in CELLS[name])
    length = keys.get("model.network.pair_length", keys["model.tokens.document_length"])
    scores = [
        "" if first_stage is None else f"{first_stage:.3f}",
        f"{untrained:.3f}",
        f"{trained:.3f}",
        f"{trained - untrained:+.3f}",
    ]
    return [
        collection,
        model,
        str(measured["training_examples"]),
        length,
        *scores,
        f"{measured['seconds'] / 60:.0f}",
    ]


def write(document: Path, rows: str) -> None:
    """Replace the table in the document."""
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    with written_aside(document) as aside:
        aside.write_text(before + BEGIN + rows + rest[rest.index(END) :], encoding="utf-8")


def main() -> None:
    """Measure what is missing and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("medquad", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "outputs/benchmark-models")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/training/models.json")
    parser.add_argument(
        "--only", default="", help="measure only the cells whose name holds this word"
    )
    options = parser.parse_args()
    results = Results(options.results)
    for name, overrides in CELLS.items():
        if options.only in name:
            path = (
                [f"dataset.path={options.medquad.absolute()}"] if name.startswith("medquad") else []
            )
            folder = options.output.absolute() / name.replace("/", "-").replace(", ", "-").replace(
                " ", "-"
            )
            results.measure(name, partial(cell, [*overrides, *path], folder))
            write(ROOT / "docs/models.md", table(results.numbers))


if __name__ == "__main__":
    main()
