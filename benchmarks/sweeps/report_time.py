"""Measures time and memory of report.py on synthetic cells.

    python -m benchmarks.sweeps.report_time [--cells 10000] [--queries 300]
        [--folder DIRECTORY] [--document docs/report.md]

The cells are written first, 4 collections x 5 models x 20 losses x 5 ratios x seeds, and not timed;
DIRECTORY keeps them for the next call. The numbers are printed, and written into the document.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.sweeps.report_synthetic import Grid, write_cells
from data.storage.atomic_files import written_aside

ROOT = Path(__file__).parents[2]
GROUPS = 4 * 5 * 20 * 5
KIBIBYTES_A_MEBIBYTE = 1024
SPEED = "<!-- speed -->\n"


def main() -> None:
    """Write the cells and report on them once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--document", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch) / "outputs"
        if not folder.exists():
            write_cells(
                folder, grid(seeds=max(1, arguments.cells // GROUPS), queries=arguments.queries)
            )
        measured = measure(folder, Path(scratch) / "report")
    print(measured)
    if arguments.document:
        write_into(arguments.document, measured)


def grid(*, seeds: int, queries: int) -> Grid:
    """Return the grid."""
    losses = {"cross_entropy": 0.0, "label_weakening": 0.05} | {
        f"loss_{number}": 0.01 * (number - 9) for number in range(18)
    }
    return Grid(
        losses,
        datasets=[f"collection-{number}" for number in range(4)],
        models=[f"model-{number}" for number in range(5)],
        ratios=(0.0, 0.1, 0.2, 0.3, 0.4),
        seeds=range(1, seeds + 1),
        queries=queries,
        measures=("nDCG@10", "RR@10", "R@100", "AP"),
    )


def measure(folder: Path, out: Path) -> str:
    """Run report.py in a fresh process with one thread; describe its time and memory."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "report.py"), str(folder), "--out", str(out)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    if status:
        sys.exit(f"report.py ended with status {os.waitstatus_to_exitcode(status)}")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 2**20
    cells = len((out / "cells.csv").read_text(encoding="utf-8").splitlines()) - 1
    comparisons = len((out / "comparisons.csv").read_text(encoding="utf-8").splitlines()) - 1
    return (
        f"{cells} cells, {comparisons} comparisons: {wall:.0f} s wall, "
        f"{usage.ru_utime + usage.ru_stime:.0f} s of processor time, "
        f"{usage.ru_maxrss / KIBIBYTES_A_MEBIBYTE:.0f} MiB at most, {size:.0f} MiB written.\n"
    )


def write_into(document: Path, measured: str) -> None:
    """Replace what stands between `<!-- speed -->` and `<!-- end -->` in the document."""
    text = document.read_text(encoding="utf-8")
    begin, mark, rest = text.partition(SPEED)
    if not mark:
        sys.exit(f"{document} has no place for the numbers")
    with written_aside(document) as aside:
        aside.write_text(
            begin + mark + measured + rest[rest.index("<!-- end -->") :], encoding="utf-8"
        )


if __name__ == "__main__":
    main()
