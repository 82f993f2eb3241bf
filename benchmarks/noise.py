"""Measures the noise models on real and synthetic collections and writes the tables of docs/noise.md.

Usage: python -m benchmarks.noise FOLDER [--results noise.json] [--cache DIRECTORY] [--write docs/noise.md]

FOLDER holds scifact, nfcorpus, argkp21 and medquad-liveqa in BEIR layout. Every number is stored as soon as it is there; a second call measures only
what is missing.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from numpy.typing import NDArray

from benchmarks.noise_tables import write_tables
from data import Cache, Collection, Document, Split, open_folder
from data.cache import JsonValue
from data.files import written_aside
from data.text_store import TextStore
from data.text_store_writer import write_text_store
from errors import InputError
from noise import Audit, LatentSemantics, NoiseModel, SemanticSwap
from noise.inspection import inspect

CONF = Path(__file__).parents[1] / "conf"
COLLECTIONS = ("scifact", "nfcorpus", "argkp21")
RATIOS = (0.1, 0.2, 0.3, 0.4)
SIZES = (10_000, 20_000, 40_000, 80_000)
PAIRS = 2_000
DIMENSIONS = 256

Measured = dict[str, JsonValue]


class Results:
    """Numbers by key, in a JSON file that is written after each of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.numbers: dict[str, Measured] = json.loads(path.read_text()) if path.exists() else {}

    def measure(self, key: str, work: Callable[[], Measured]) -> None:
        """Do the work unless its numbers are there."""
        if key not in self.numbers:
            print(key, flush=True)
            self.numbers[key] = work()
            with written_aside(self.path) as aside:
                aside.write_text(json.dumps(self.numbers, indent=1, sort_keys=True) + "\n")


def noise_model(name: str, ratio: float, folder: Path, collection: str) -> NoiseModel:
    """The model as conf/noise has it; natural noise takes nfcorpus' graded file."""
    natural = {"qrels": folder / "nfcorpus/graded/train.3-2-1.qrel.gz", "clean_grade": 3}
    extra = [f"noise.{key}={value}" for key, value in natural.items()] if (name, collection) == ("natural", "nfcorpus") else []
    with initialize_config_dir(str(CONF.absolute()), version_base="1.3"):
        cfg = compose(overrides=["+seed=1", f"+noise={name}", f"noise.ratio={ratio}", *extra])
    model: NoiseModel = instantiate(cfg.noise)
    return model


def audit(name: str, ratio: float, folder: Path, collection: Collection) -> Measured:
    """Counts, rates, similarities and contamination of one corruption, or why it is refused."""
    try:
        begin = time.perf_counter()
        corruption = noise_model(name, ratio, folder, collection.name).corrupt(collection)
        seconds = time.perf_counter() - begin
    except InputError as error:
        return {"refused": str(error)}
    header = corruption.audit.header
    inspection = inspect(collection, corruption, LatentSemantics())
    cosines = {name: float(values.mean()) if len(values) else None for name, values in inspection.similarities._asdict().items()}
    return {
        "seconds": seconds,
        "units": header.units,
        "corrupted": header.corrupted,
        "realised": header.realised,
        "skipped": header.skipped,
        "eps_plus": header.eps_plus,
        "eps_minus_judged": header.eps_minus_judged,
        "eps_minus_corpus": header.eps_minus_corpus,
        "queries_all_wrong": header.queries_all_wrong,
        "contamination": [estimate.share for estimate in inspection.contamination] if inspection.examples else [],
        **cosines,
    }


def medquad(folder: Path, cache: Path) -> Measured:
    """Time and memory of noising medquad-liveqa at 0.4, in a process of its own, with cached embeddings."""
    seconds = float("nan")
    for _ in range(2):  # the first fills the cache
        done = subprocess.run([sys.executable, "-m", "benchmarks.noise", str(folder), "--cache", str(cache), "--medquad"], check=True, capture_output=True)  # noqa: S603 - our own program
        measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured | {"warm": seconds != seconds}
