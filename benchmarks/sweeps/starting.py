"""CPU seconds of a fresh process for mistakes, for --help, and to the first line of a cell.

python -m benchmarks.sweeps.starting [--repeats n] [--json file]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile

from benchmarks.measuring import Limit, Row, children, command_line
from benchmarks.training.workload import ROOT

COMMANDS = (
    (("--help",), 1.0),
    (("loss=label_weakning",), 2.0),
    (("noise.ration=0.2",), 2.0),
    (("noise.ratio=1.5",), 2.0),
    (("loss.alpha=-1",), 2.0),
    (("model.temperature=0",), 2.0),
    (("model.network.temperature=0",), 2.0),
    (("measures=[nDGC@10]",), 2.0),
)
FIRST_LINE = 2.0


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return one row a command."""
    rows: list[Row] = []
    for words, target in COMMANDS:
        seconds = statistics.median(answered(words) for _ in range(arguments.repeats))
        rows.append(Limit("start", f"run.py {' '.join(words)}", seconds, target, "s"))
    seconds = statistics.median(first_line() for _ in range(arguments.repeats))
    rows.append(Limit("start", "run.py, to its first line", seconds, FIRST_LINE, "s"))
    return rows


def first_line() -> float:
    """Return CPU seconds from the start of Python to the first line of a cell."""
    before = children()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, ROOT / "run.py"], cwd=folder, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
        process.communicate()
    if not said:
        raise RuntimeError("run.py said nothing")
    return children() - before


def answered(words: tuple[str, ...]) -> float:
    """Return CPU seconds of one command, which must fail unless it asks for help."""
    before = children()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [sys.executable, ROOT / "run.py", *words], cwd=folder, capture_output=True, check=False
        )
    if (process.returncode == 0) != (words == ("--help",)):
        raise RuntimeError(
            f"run.py {' '.join(words)} ended with {process.returncode}: "
            f"{process.stderr.decode()[-500:]}"
        )
    return children() - before


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
