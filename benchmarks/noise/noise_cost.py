"""Measure the cost of noise in fresh processes; write table and figure of docs/noise.md.

Usage: python -m benchmarks.noise.noise_cost FOLDER [--cache DIRECTORY] [--document docs/noise.md]
[--figure docs/figures/noise_cost.svg]

FOLDER holds medquad-liveqa in BEIR layout. Every number is stored as soon as it is there; a second
call measures only what is missing.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.noise.audits import ROOT, Results, noise_model
from benchmarks.noise.noise_figure import FittedLine, write_figure
from benchmarks.noise.noise_synthetic import cpu_seconds_for
from benchmarks.noise.noise_tables import cost_tables, large_table, replace_parts
from data import Cache, open_folder

SIZES = (10_000, 20_000, 40_000, 80_000)
PAIRS = 2_000
REPEATS = 3
LARGE, LARGE_PAIRS = 1_000_000, (2_000, 20_000)
RATIO = 0.4
KIBIBYTES_A_MEBIBYTE = 1024

Numbers = Mapping[str, float]


def medquad(folder: Path, cache: Path) -> Numbers:
    """Return time and memory of noise on medquad-liveqa, with cached embeddings."""
    collection = open_folder(str(folder / "medquad-liveqa"), cache=Cache(cache), on_problem="drop")
    begin, begin_cpu = time.perf_counter(), time.process_time()
    model = noise_model("semantic", RATIO, folder, collection.name)
    model.seed = time.time_ns() % 2**31  # an audit that is not cached
    header = model.corrupt(collection).audit.header
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    numbers = {
        "documents": len(collection.documents),
        "units": header.units,
        "corrupted": header.corrupted,
    }
    return numbers | {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": _peak_mib()}


def synthetic(size: int, pairs: int) -> Numbers:
    """Return CPU seconds and memory of corrupting pairs, with cached embeddings."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = cpu_seconds_for(size, pairs, Path(folder))
    return {"documents": size, "pairs": pairs, "cpu_seconds": seconds, "peak_mib": _peak_mib()}


def apart(*arguments: str) -> Numbers:
    """Return what this program prints with other arguments, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.noise.noise_cost", *arguments]
    # our own program
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    numbers: Numbers = json.loads(done.stdout.splitlines()[-1])
    return numbers


def growth(results: Results) -> list[Numbers]:
    """Return the medians of repeated measurements, one per size; the sizes take turns."""
    for repeat in range(REPEATS):
        for size in SIZES:
            results.measure(f"size/{size}/{repeat}", partial(apart, "--size", str(size)))
    measured = [
        [results.numbers[f"size/{size}/{repeat}"] for repeat in range(REPEATS)] for size in SIZES
    ]
    return [
        {key: median(each[key] for each in repeats) for key in repeats[0]} for repeats in measured
    ]


def at_size(results: Results) -> list[Numbers]:
    """Return what few and many pairs cost in a large collection."""
    for pairs in LARGE_PAIRS:
        measure = partial(apart, "--size", str(LARGE), "--pairs", str(pairs))
        results.measure(f"large/{LARGE}/{pairs}", measure)
    return [results.numbers[f"large/{LARGE}/{pairs}"] for pairs in LARGE_PAIRS]


def main() -> None:
    """Run the benchmark, or one measurement of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="the real collections")
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / "benchmarks/noise/noise_cost.json",
        help="where the numbers are kept",
    )
    parser.add_argument(
        "--cache", type=Path, default=Path("cache"), help="where derived files are kept"
    )
    parser.add_argument("--document", type=Path, help="a Markdown file whose tables are replaced")
    parser.add_argument("--figure", type=Path, help="where the figure goes (SVG)")
    parser.add_argument(
        "--size",
        type=int,
        help="only corrupt a synthetic collection of that size and print what it cost",
    )
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"its pairs (default: {PAIRS})")
    parser.add_argument(
        "--medquad", action="store_true", help="only noise medquad-liveqa and print what it cost"
    )
    options = parser.parse_args()
    if options.size:
        print(json.dumps(synthetic(options.size, options.pairs)))
        return
    if options.medquad:
        print(json.dumps(medquad(options.folder, options.cache)))
        return
    results = Results(options.results)
    for key in ("medquad/first", "medquad"):  # the first leaves embeddings in the cache
        results.measure(
            key,
            partial(
                apart,
                str(options.folder.absolute()),
                "--cache",
                str(options.cache.absolute()),
                "--medquad",
            ),
        )
    measured = growth(results)
    line = FittedLine.through([(each["documents"], each["cpu_seconds"]) for each in measured])
    tables = cost_tables(results.numbers["medquad"], measured, line)
    tables["large"] = large_table(at_size(results), line)
    print(*tables.values(), sep="\n")
    if options.document:
        replace_parts(options.document, tables)
    if options.figure:
        write_figure(options.figure, measured, line)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_A_MEBIBYTE


if __name__ == "__main__":
    main()
