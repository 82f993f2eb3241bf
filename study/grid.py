"""Run the missing cells of the study: `python -m study.grid [--only scifact ...] [--print]`.

The real collections are looked for in the folder that STUDY_DATA names (BEIR layout); without it
only the embedded one is run. Every piece is a sweep whose finished cells are skipped, so the
command can be stopped and given again. Set SWEEP_JOBS to run several cells at once.
"""

import argparse
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from omegaconf import OmegaConf

ROOT = Path(__file__).parent.parent
DATA = "STUDY_DATA"
EMBEDDED = "demo"
COLLECTIONS = ("scifact", "nfcorpus", "medquad-liveqa", "argkp21", EMBEDDED)
NATURAL = {
    "noise": "natural",
    "noise.qrels": f"${{oc.env:{DATA}}}/nfcorpus/graded/train.3-2-1.qrel.gz",
    "noise.clean_grade": "3",
    "noise.ratio": "0.0,null",
    "trainer.max_epochs": "2",
    "validation.labels": "clean",  # the file has training labels only
}
OUTPUTS, TUNING, RESULTS = "outputs/cpu_study", "outputs/cpu_study_tune", "results"


class Piece(NamedTuple):
    """One sweep of the study.

    Attributes:
        experiment: the preset.
        collection: the collection.
        overrides: what differs from the preset.
    """

    experiment: str
    collection: str
    overrides: Mapping[str, str] = {}

    def arguments(self) -> list[str]:
        """Return the sweep's command line, after `python run.py`."""
        given = [f"{key}={value}" for key, value in self.overrides.items()]
        return ["-m", f"experiment={self.experiment}", *dataset(self.collection), *given]

    def cells(self) -> list[str]:
        """Return the names of its cells."""
        preset = OmegaConf.load(ROOT / "conf" / "experiment" / f"{self.experiment}.yaml")
        params = {
            "model": "static",
            "noise": "semantic",
            **preset.hydra.sweeper.params,
            **self.overrides,
        }
        keys = ("model", "loss", "noise", "noise.ratio", "seed")
        grid = itertools.product(*(str(params[key]).strip().split(",") for key in keys))
        return [
            f"{self.collection}/{model}/{loss}/{noise}-"
            f"{'all' if ratio == 'null' else f'{float(ratio):g}'}/seed-{seed}"
            for model, loss, noise, ratio, seed in grid
        ]


def dataset(collection: str) -> list[str]:
    """Return the overrides that choose a collection."""
    if collection == EMBEDDED:
        return [f"dataset={EMBEDDED}"]
    return [
        "dataset=folder",
        f"dataset.path=${{oc.env:{DATA}}}/{collection}",
        "dataset.on_problem=drop",
    ]


def pieces(collection: str) -> Iterator[Piece]:
    """Yield the pieces of one collection, what matters most first."""
    yield Piece("cpu_study", collection)
    yield Piece(
        "cpu_study",
        collection,
        {"noise": "clean_pairs", "loss": "cross_entropy", "noise.ratio": "0.2,0.4,0.6"},
    )
    yield Piece("cpu_study", collection, {"noise": "uniform,lexical", "noise.ratio": "0.4"})
    if collection == "nfcorpus":
        yield Piece("cpu_study", collection, NATURAL)
    yield Piece("cpu_study_reduced", collection)


def steps(collection: str) -> Iterator[list[str]]:
    """Yield all commands for one collection, in order."""
    python = sys.executable
    yield [python, "run.py", *Piece("cpu_study_tune", collection).arguments()]
    yield [python, "-m", "study.tuning", TUNING]
    for piece in pieces(collection):
        yield [python, "run.py", *piece.arguments()]
        yield [python, "-m", "study.archive", "store", OUTPUTS, RESULTS]


def main() -> None:
    """Run or print the commands."""
    parser = argparse.ArgumentParser(prog="python -m study.grid", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=COLLECTIONS,
        default=COLLECTIONS,
        help="collections (default: all)",
    )
    parser.add_argument(
        "--print", action="store_true", dest="shown", help="print the commands and run nothing"
    )
    given = parser.parse_args()
    wanted = [
        name
        for name in COLLECTIONS
        if name in given.only and (name == EMBEDDED or given.shown or DATA in os.environ)
    ]
    for collection in wanted:
        for command in steps(collection):
            print(" ".join(command), flush=True)
            if not given.shown:
                subprocess.run(command, cwd=ROOT, check=True)
    if len(wanted) < len(given.only):
        print(
            f"{DATA} names no folder: {', '.join(sorted(set(given.only) - set(wanted)))} left out"
        )


if __name__ == "__main__":
    main()
