"""Audits of all noise models on real collections: writes the tables of docs/noise.md.

    python -m benchmarks.noise.audits FOLDER [--cache DIRECTORY] [--document docs/noise.md]
        [--tables docs/noise_audits.md]

FOLDER holds scifact, nfcorpus and argkp21 in BEIR layout. Every number is stored at once; a second
call measures only what is missing.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from benchmarks.noise.noise_tables import audit_tables, replace_parts, substitution_table
from data import Cache, Collection, open_folder
from data.storage.atomic_files import written_aside
from errors import InputError
from noise import LatentSemantics, NoiseModel
from noise.inspection.inspection import inspect

ROOT = Path(__file__).parents[2]
COLLECTIONS = ("scifact", "nfcorpus", "argkp21")
RATIOS = (0.1, 0.2, 0.3, 0.4)

Measured = Mapping[str, Any]


class Results:
    """Numbers by key, in a JSON file that is written after each of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.numbers: dict[str, Measured] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )

    def measure(self, key: str, work: Callable[[], Measured]) -> None:
        """Do the work unless its numbers are there."""
        if key not in self.numbers:
            print(key, flush=True)
            self.numbers[key] = work()
            with written_aside(self.path) as aside:
                aside.write_text(
                    json.dumps(self.numbers, indent=1, sort_keys=True) + "\n", encoding="utf-8"
                )


def noise_model(name: str, ratio: float, folder: Path, collection: str) -> NoiseModel:
    """Return the model as conf/noise has it; natural noise takes nfcorpus' graded file."""
    natural = {"qrels": folder / "nfcorpus/graded/train.3-2-1.qrel.gz", "clean_grade": 3}
    extra = (
        [f"noise.{key}={value}" for key, value in natural.items()]
        if (name, collection) == ("natural", "nfcorpus")
        else []
    )
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        cfg = compose(overrides=["+seed=1", f"+noise={name}", f"noise.ratio={ratio}", *extra])
    model: NoiseModel = instantiate(cfg.noise)
    return model


def audit(name: str, ratio: float, folder: Path, collection: Collection) -> Measured:
    """Return counts, rates, similarities and contamination, or why a corruption is refused."""
    try:
        corruption = noise_model(name, ratio, folder, collection.name).corrupt(collection)
    except InputError as error:
        return {"refused": str(error)}
    header = corruption.audit.header
    inspection = inspect(collection, corruption, LatentSemantics())
    cosines = {
        name: float(values.mean()) if len(values) else None
        for name, values in inspection.similarities._asdict().items()
    }
    return {
        "units": header.units,
        "corrupted": header.corrupted,
        "realised": header.realised,
        "skipped": header.skipped,
        "eps_plus": header.eps_plus,
        "eps_minus_judged": header.eps_minus_judged,
        "eps_minus_corpus": header.eps_minus_corpus,
        "queries_all_wrong": header.queries_all_wrong,
        "contamination": [estimate.share for estimate in inspection.contamination]
        if inspection.examples
        else [],
        **cosines,
    }


def measure_all(folder: Path, cache: Path, results: Results) -> None:
    """Measure what is missing."""
    models = sorted(
        path.stem for path in (ROOT / "conf/noise").glob("*.yaml") if path.stem != "none"
    )
    for name in COLLECTIONS:
        collection = open_folder(str(folder / name), cache=Cache(cache), on_problem="drop")
        for model in models:
            for ratio in RATIOS:
                results.measure(
                    f"audit/{name}/{model}/{ratio}",
                    partial(audit, model, ratio, folder, collection),
                )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the real collections")
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / "benchmarks/noise/noise.json",
        help="where the numbers are kept",
    )
    parser.add_argument(
        "--cache", type=Path, default=Path("cache"), help="where derived files are kept"
    )
    parser.add_argument(
        "--document", type=Path, help="a Markdown file whose table of substitutions is replaced"
    )
    parser.add_argument(
        "--tables", type=Path, help="a Markdown file whose tables of all audits are replaced"
    )
    options = parser.parse_args()
    results = Results(options.results)
    measure_all(options.folder.absolute(), options.cache.absolute(), results)
    if options.document:
        replace_parts(options.document, substitution_table(results.numbers, RATIOS[-1]))
    if options.tables:
        replace_parts(options.tables, audit_tables(results.numbers))


if __name__ == "__main__":
    main()
