"""The costs of a sweep beyond its cells' work, for finished cells and tiny cells.

    python benchmarks/sweeps/sweep_time.py [cells]

Runs real sweeps (`run.py -m`, one cell after the other in one process) of the embedded collection.
What starting costs is taken out by comparing a sweep of one cell with one of several.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

RUN = Path(__file__).parents[2] / "run.py"
FINISHED_LIMIT, TINY_LIMIT = 0.3, 1.0  # seconds


class SweepCost(NamedTuple):
    """Seconds of a sweep: wall time, processor time, and wall time in its cells' work."""

    wall: float
    processor: float
    work: float


def swept(folder: Path, first: int, last: int) -> SweepCost:
    """Run the tiny cell with the seeds `first` to `last`."""
    seeds = f"seed=range({first},{last + 1})"
    command = [sys.executable, str(RUN), "-m", "experiment=smoke", "logger=none", seeds]
    usage, started = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - started, getrusage(RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    cells = [
        path for seed in range(first, last + 1) for path in folder.rglob(f"seed-{seed}/scores.json")
    ]
    return SweepCost(
        wall,
        processor,
        sum(sum(json.loads(path.read_text())["wall_seconds"].values()) for path in cells),
    )


def main(cells: int) -> None:
    """Print the costs of one more cell beside their limits."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        swept(folder, 0, 0)  # builds the caches
        one, many = swept(folder, 1, 1), swept(folder, 2, cells + 1)
        one_again, many_again = swept(folder, 1, 1), swept(folder, 1, cells + 1)
    finished = (many_again.wall - one_again.wall) / cells
    processor = (many_again.processor - one_again.processor) / cells
    beyond = (many.wall - many.work - one.wall + one.work) / (cells - 1)
    work = (many.work - one.work) / (cells - 1)
    print(
        f"a finished cell: {finished:.3f} s, {processor:.3f} s of processor time (limit "
        f"{FINISHED_LIMIT} s)"
    )
    print(
        f"a tiny cell beyond its work: {beyond:.3f} s (limit {TINY_LIMIT} s); its work: {work:.3f} "
        "s"
    )
    print(
        f"a sweep of {cells + 1} finished cells: {many_again.wall:.2f} s in all, "
        f"{many_again.processor:.2f} s of processor time"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
