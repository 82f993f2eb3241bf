"""Cells of a sweep in one process, against fresh processes of sentence-transformers.

python -m benchmarks.sweeps.sweep_of_twenty [--repeats cells] [--json file]

Both train the static model on the embedded collection for one epoch. A cell also scores validation
and test and writes its records; the peer only trains. As in a sweep, several losses share a seed:
the first of its cells corrupts the labels, the others find that done, and the median is of those.
Cells are otherwise alike, so that the ratio of one is that of twenty.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import Row, children, command_line, compared, paired, timed
from benchmarks.training.workload import ROOT, Workload, configured
from cells.sweep.attempt import attempt

LOSSES = (
    "cross_entropy",
    "generalized_cross_entropy",
    "symmetric_cross_entropy",
    "elr",
    "label_weakening",
)


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return one row."""
    plain = ["trainer.max_epochs=1", *arguments.overrides]
    attempt(configured(*plain, "seed=0"))  # warm: imports and caches
    first = int(time.time())  # a seed that no earlier run has corrupted labels with
    cells = ([f"loss={loss}", f"seed={seed}"] for seed in itertools.count(first) for loss in LOSSES)
    with tempfile.TemporaryDirectory() as folder:
        work = Workload.of(1, *plain)
        task = _written(Workload(work.cfg, work.inputs, len(work.loader())), Path(folder))
        seconds = paired(
            {
                "ours": lambda: timed(lambda: attempt(configured(*plain, *next(cells)))),
                "fresh processes of the peer": lambda: _fresh(task),
            },
            arguments.repeats,
        )
    setting = (
        f"static model, one epoch of {len(work.loader())} steps per cell; medians of "
        f"{arguments.repeats} cells"
    )
    return [
        *compared(
            seconds,
            {"fresh processes of the peer": 5.0},
            path="sweep",
            setting=setting,
            unit="cells/s",
        )
    ]


def _written(work: Workload, folder: Path) -> Path:
    """Return texts, tokenizer and sizes for the peer's process."""
    work.inputs.tokenised.tokenizer.save_pretrained(folder / "tokenizer")
    settings = {
        "dimensions": work.cfg.model.network.dimensions,
        "batch_size": work.cfg.batch.size,
        "learning_rate": work.cfg.optimizer.lr,
        "length": work.cfg.model.tokens.document_length,
    }
    file = folder / "task.json"
    file.write_text(
        json.dumps({"texts": work.texts(), "tokenizer": str(folder / "tokenizer"), **settings}),
        encoding="utf-8",
    )
    return file


def _fresh(task: Path) -> float:
    before = children()
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.training.peer_process", str(task)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return children() - before


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=len(LOSSES))
