"""Paired measurements: contenders take turns, so that other work affects all alike.

The median of their ratios is reported.

The clock is the CPU time of the process. Each side runs one thread, so that this is its wall time
on an idle machine, and on a busy one is what comes closest to it.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

clock = time.process_time


@dataclass(frozen=True)
class Speedup:
    """How many times faster we are than something else.

    Attributes:
        path: what is timed.
        setting: model, sizes.
        against: the peer, or the raw limit.
        ratio: median over the repeats of its time over ours.
        lowest: smallest of these ratios.
        highest: largest.
        target: what the ratio should at least be.
        ours: our median, in `unit`.
        theirs: its median.
        unit: of both, e.g. steps/s.
        share: what part of the matrix limit we reach, operations per second over those of a matrix
            product on the same thread; None: there are none to count.
    """

    path: str
    setting: str
    against: str
    ratio: float
    lowest: float
    highest: float
    target: float
    ours: float
    theirs: float
    unit: str
    share: float | None = None


@dataclass(frozen=True)
class Limit:
    """A number that should stay below another.

    Attributes:
        path: what is measured.
        setting: how.
        value: what was measured, in `unit`.
        target: what it should at most be.
        unit: of both.
    """

    path: str
    setting: str
    value: float
    target: float
    unit: str


@dataclass(frozen=True)
class Portion:
    """A part of a whole; nothing is asked of it.

    Attributes:
        path: the whole.
        setting: model, sizes.
        part: what is measured.
        amount: what was measured, in `unit`.
        unit: of the amount.
    """

    path: str
    setting: str
    part: str
    amount: float
    unit: str


Row = Speedup | Limit | Portion


def timed(work: Callable[[], object]) -> float:
    """Return CPU seconds of a call."""
    started = clock()
    work()
    return clock() - started


def children() -> float:
    """Return CPU seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def paired(contenders: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Return seconds of each contender in each repeat, in turns and alternating order."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(repeats):
        for name in list(contenders)[:: 1 if repeat % 2 == 0 else -1]:
            seconds[name].append(contenders[name]())
    return seconds


def compared(
    seconds: Mapping[str, Sequence[float]],
    targets: Mapping[str, float],
    *,
    path: str,
    setting: str,
    work: float = 1,
    unit: str,
    flop: float | None = None,
) -> list[Speedup]:
    """Compare our seconds, under the key "ours", with those of each peer in `targets`.

    Throughput is `work` over seconds. `flop` is the number of operations in those seconds.
    """
    rows = []
    share = flop and flop / statistics.median(seconds["ours"]) / (1e9 * gemm_rate())
    for name, target in targets.items():
        ratios = [
            theirs / ours for theirs, ours in zip(seconds[name], seconds["ours"], strict=True)
        ]
        speeds = (
            work / statistics.median(seconds["ours"]),
            work / statistics.median(seconds[name]),
        )
        rows.append(
            Speedup(
                path,
                setting,
                name,
                statistics.median(ratios),
                min(ratios),
                max(ratios),
                target,
                *speeds,
                unit,
                share,
            )
        )
    return rows


def machine() -> dict[str, str]:
    """Return what the numbers depend on beside the code."""
    import torch

    names = [
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "torch": torch.__version__,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "matrix product": f"{gemm_rate():.0f} GFLOP/s on one thread",
        "load": f"{os.getloadavg()[0]:.1f} processes wanted a core when the measurement began",
    }


def gemm_rate(size: int = 1024) -> float:
    """Return GFLOP a second of a float32 matrix product, the best of ten."""
    import torch

    torch.set_num_threads(1)
    left, right = torch.rand(size, size), torch.rand(size, size)
    return max(2 * size**3 / timed(lambda: left @ right) / 1e9 for _ in range(10))


def show(rows: Sequence[Row]) -> None:
    """Print the rows."""
    for row in rows:
        if isinstance(row, Speedup):
            speeds = f"ours {row.ours:.4g}, theirs {row.theirs:.4g} {row.unit}"
            spread = f"{row.lowest:.2f} to {row.highest:.2f}"
            print(
                f"{verdict(row):5} {row.path}, {row.setting}: {row.ratio:.2f}x {row.against} "
                f"({spread}; target {row.target}x); {speeds}"
            )
        elif isinstance(row, Portion):
            print(f"      {row.path}, {row.setting}, {row.part}: {row.amount:.3g} {row.unit}")
        else:
            print(
                f"{verdict(row):5} {row.path}, {row.setting}: {row.value:.3g} {row.unit} (target: "
                f"at most {row.target} {row.unit})"
            )


def verdict(row: Speedup | Limit) -> str:
    """Return whether the target holds."""
    holds = row.ratio >= row.target if isinstance(row, Speedup) else row.value <= row.target
    return "holds" if holds else "MISS"


def command_line(
    description: str | None, measure: Callable[[argparse.Namespace], Sequence[Row]], *, repeats: int
) -> None:
    """Run a benchmark from the command line, print its rows and, with --json, store them."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--json", type=Path, help="file for the rows")
    parser.add_argument(
        "overrides",
        nargs="*",
        help="of conf/, e.g. dataset=scifact; by default the embedded collection",
    )
    arguments = parser.parse_args()
    rows = measure(arguments)
    show(rows)
    if arguments.json:
        arguments.json.write_text(
            json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8"
        )
