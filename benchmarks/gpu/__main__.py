"""Speed on a GPU beside sentence-transformers and plain torch, in one process.

python -m benchmarks.gpu [--out folder] [--only part ...] [--seconds n] [--device cpu --small]

Results are written as they come, to results.jsonl; results.md has the table of those so far.
Models and texts are made up, so that nothing has to be downloaded. Without a GPU, `--device cpu
--small` goes the same ways on tiny work; its numbers mean nothing.
"""

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu import device_retrieval, device_training
from benchmarks.gpu.device_clock import facts
from benchmarks.gpu.device_rows import Bench, DeviceRow
from benchmarks.gpu.device_table import table
from benchmarks.gpu.made_up import FULL, SMALL, make

log = logging.getLogger(__name__)

PARTS: dict[str, Callable[[Bench], Iterator[DeviceRow]]] = {
    "dense": device_training.dense_uniform,
    "dense_skewed": device_training.dense_skewed,
    "encoding": device_retrieval.encoding,
    "searching": device_retrieval.searching,
    "cross_encoder": device_training.cross_encoder,
    "late_interaction": device_training.late_interaction,
    "whole_cell": device_retrieval.whole_cell,
}


class TimeIsUp(BaseException):
    """A part took longer than it may; nothing but its end catches it."""


def main() -> None:
    """Measure the parts and write their rows; end with status 1 if one failed."""
    arguments = _parser().parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        sys.exit("there is no NVIDIA GPU here: use --device cpu --small to try the benchmark")
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = ResultFiles(arguments.out)
    results.add({"facts": facts(arguments.device)})
    scale, failed = SMALL if arguments.small else FULL, False
    with tempfile.TemporaryDirectory(prefix="gpu-benchmark-") as folder:
        bench = Bench(scale, make(scale, Path(folder)), arguments.device)
        for name in arguments.only:
            failed |= not _measured(name, bench, arguments.seconds, results)
    sys.exit(int(failed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("outputs/gpu-benchmark"))
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seconds", type=int, default=90, help="at most, for each part")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny work, to try the benchmark")
    return parser


class ResultFiles:
    """Files that hold whatever has been measured so far.

    Args:
        folder: exists.
    """

    def __init__(self, folder: Path) -> None:
        self._lines, self._table = folder / "results.jsonl", folder / "results.md"
        self._lines.write_text("", encoding="utf-8")
        self._rows: list[DeviceRow] = []

    def add(self, line: dict[str, Any]) -> None:
        """Add a line."""
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    def add_row(self, row: DeviceRow) -> None:
        """Add a measurement."""
        self.add(row._asdict())
        self._rows.append(row)
        self._table.write_text(table(self._rows), encoding="utf-8")


def _measured(name: str, bench: Bench, seconds: int, results: ResultFiles) -> bool:
    """Measure a part and return whether it came to its end."""
    started = time.monotonic()
    try:
        with limited(seconds):
            for row in PARTS[name](bench):
                results.add_row(row)
    except TimeIsUp:
        results.add({"part": name, "stopped_after_seconds": seconds})
        return False
    except Exception as error:
        log.exception("%s failed", name)
        results.add({"part": name, "failed": f"{type(error).__name__}: {error}"[:500]})
        return False
    results.add({"part": name, "seconds": round(time.monotonic() - started, 1)})
    return True


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeIsUp in the block after so many seconds."""

    def stop(*_: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    main()
