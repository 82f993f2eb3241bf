"""Measures time and memory of report.py on synthetic cells, as docs/report.md tells them.

Usage: python -m benchmarks.report [--cells 10000] [--queries 300] [--folder DIRECTORY]

The cells are written first, 4 collections x 5 models x 20 losses x 5 ratios x seeds, and not timed; DIRECTORY keeps them for the next call.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report_synthetic import Grid, write_cells

ROOT = Path(__file__).parents[1]
GROUPS = 4 * 5 * 20 * 5
KIBIBYTES_A_MEBIBYTE = 1024


def main() -> None:
    """Writes the cells and reports on them once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch) / "outputs"
        if not folder.exists():
            write_cells(folder, grid(seeds=max(1, arguments.cells // GROUPS), queries=arguments.queries))
        measure(folder, Path(scratch) / "report")


def grid(*, seeds: int, queries: int) -> Grid:
    """Returns the grid."""
    losses = {"cross_entropy": 0.0, "label_weakening": 0.05} | {f"loss_{number}": 0.01 * (number - 9) for number in range(18)}
    return Grid(
        losses,
        datasets=[f"collection-{number}" for number in range(4)],
        models=[f"model-{number}" for number in range(5)],
        ratios=(0.0, 0.1, 0.2, 0.3, 0.4),
        seeds=range(1, seeds + 1),
        queries=queries,
        measures=("nDCG@10", "RR@10", "R@100", "AP"),
    )


def measure(folder: Path, out: Path) -> None:
    """Runs report.py in a process of its own and prints its time and its peak memory."""
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, str(ROOT / "report.py"), str(folder), "--out", str(out)],
        env=os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(os.waitstatus_to_exitcode(status))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 2**20
    print(f"{time.monotonic() - started:.1f} s wall, {usage.ru_utime + usage.ru_stime:.1f} s of processor time,", end=" ")
    print(f"{usage.ru_maxrss / KIBIBYTES_A_MEBIBYTE:.0f} MiB at most, {size:.0f} MiB written")


if __name__ == "__main__":
    main()
