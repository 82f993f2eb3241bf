"""One cell on made-up passages of MS MARCO's shape: time and memory of each stage, with kills.

    python -m benchmarks.retrieval.rehearsal 100000 --scratch /scratch
    python -m benchmarks.retrieval.rehearsal 1000000 --scratch /scratch --kill-after 60
    python -m benchmarks.retrieval.rehearsal 8841823 --scratch /scratch --only ingest negatives

Each stage runs in a process of its own, which finds in the cache what earlier ones left there.
Rows go to docs/rehearsal.json, where those of other sizes and stages stay, and to
docs/rehearsal.md. OMP_NUM_THREADS is the number of threads. What follows the options are overrides
of conf/, beside those in `SETTINGS`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import machine
from benchmarks.retrieval.rehearsal_collection import write_rehearsal_collection
from benchmarks.retrieval.rehearsal_page import PAGE, page
from benchmarks.retrieval.rehearsal_stages import STAGES
from data.storage.atomic_files import written_aside

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
STORED = PAGE.with_suffix(".json")
CELL = "cell"
SETTINGS = (
    "dataset=folder", "model=static", "noise.ratio=0.4", "trainer.max_epochs=1",
    "validation.pool=50000", "logger=csv",
)  # fmt: skip
SAMPLED = 0.05  # seconds between two looks at a process's memory


@dataclass
class StageCost:
    """One stage at one size.

    Attributes:
        size: passages.
        stage: its name.
        wall: seconds, all attempts together.
        cpu: CPU seconds, all attempts together.
        own: peak of the process's own memory, GB.
        resident: peak with the mapped files that the system kept in memory, GB.
        kills: how often it was killed and started again.
        threads: it could use.
        steps: wall seconds of a cell's steps, by name.
    """

    size: int
    stage: str
    wall: float = 0.0
    cpu: float = 0.0
    own: float = 0.0
    resident: float = 0.0
    kills: int = 0
    threads: int = 1
    steps: dict[str, float] | None = None


def main() -> None:
    """Run the stages and store their rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("size", type=int, help="passages; MS MARCO has 8841823")
    parser.add_argument("--scratch", type=Path, required=True, help="for collection and cache")
    parser.add_argument("--only", nargs="+", choices=(*STAGES, CELL), default=(*STAGES, CELL))
    parser.add_argument(
        "--kill-after", type=float, help="kill each stage once after so many seconds"
    )
    parser.add_argument("overrides", nargs="*")
    arguments = parser.parse_args()
    scratch = arguments.scratch.absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    folder = scratch / f"made-up-{arguments.size}"
    write_rehearsal_collection(arguments.size, folder)
    overrides = [*SETTINGS, f"dataset.path={folder}", *arguments.overrides]
    for stage in arguments.only:
        row = measured(StageCost(arguments.size, stage), overrides, scratch, arguments.kill_after)
        print(row, flush=True)
        store(row)


def measured(
    row: StageCost, overrides: Sequence[str], scratch: Path, kill_after: float | None
) -> StageCost:
    """Run a stage to its end, and fill in its row."""
    row.threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    if row.stage == CELL:
        command = [sys.executable, "run.py", *overrides, f"output_dir={scratch / 'outputs'}"]
    else:
        module = "benchmarks.retrieval.rehearsal_stages"
        command = [sys.executable, "-m", module, row.stage, *overrides]
    attempt(row, command, scratch, kill_after)
    if row.kills:
        attempt(row, command, scratch, None)
    if row.stage == CELL:
        pattern = f"outputs/made-up-{row.size}/**/scores.json"
        scores = max(scratch.glob(pattern), key=lambda path: path.stat().st_mtime)
        row.steps = json.loads(scores.read_text(encoding="utf-8"))["wall_seconds"]
    return row


def attempt(
    row: StageCost, command: Sequence[str], scratch: Path, kill_after: float | None
) -> None:
    """Run a command, or kill it in the middle, and add what it took to the row.

    Raises:
        SystemExit: it failed.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"RETRIEVAL_CACHE": str(scratch / "cache")}
    )
    killed = False
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        own, resident = memory(process.pid)
        row.own, row.resident = max(row.own, own), max(row.resident, resident)
        if not killed and kill_after is not None and time.monotonic() - started > kill_after:
            process.kill()
            killed = True
        time.sleep(SAMPLED)
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    row.wall += time.monotonic() - started
    row.cpu += usage.ru_utime + usage.ru_stime
    row.kills += killed
    if process.returncode and not killed:
        sys.exit(f"{row.stage} failed with status {process.returncode}.")


def memory(pid: int) -> tuple[float, float]:
    """Return GB of a process's anonymous memory, and its peak with mapped files.

    Both are 0 when it has just ended. (The peak that `wait4` returns may be that of the parent, of
    which each process begins as a copy.)
    """
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    own, peak = (int(kilobytes.get(name, 0)) * 1024 / 1e9 for name in ("RssAnon", "VmHWM"))
    return own, peak


def store(row: StageCost) -> None:
    """Put a row among the stored ones, and write the page."""
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {"rows": []}
    kept = [
        each for each in stored["rows"] if (each["size"], each["stage"]) != (row.size, row.stage)
    ]
    stored = {"machine": machine(), "rows": [*kept, asdict(row)]}
    for path, text in ((STORED, json.dumps(stored, indent=1) + "\n"), (PAGE, page(stored))):
        with written_aside(path) as aside:
            aside.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
