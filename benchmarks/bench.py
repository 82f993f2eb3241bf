"""All benchmarks of speed, one process each, to docs/benchmarks.md and docs/benchmarks.json.

python -m benchmarks.bench [--only name ...] [overrides of conf/]

A benchmark that is not run keeps its stored rows.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench_page import page
from benchmarks.measuring import machine
from data.storage.atomic_files import written_aside

ROOT = Path(__file__).parents[1]
STORED = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
BENCHMARKS = (
    "dense_training",
    "cross_encoder_training",
    "static_training",
    "encoding",
    "searching",
    "sweep_of_twenty",
    "loss_cost",
    "step_profile",
    "kernel_profile",
    "starting",
    "scale",
)


def main() -> None:
    """Run the benchmarks and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only",
        nargs="*",
        choices=BENCHMARKS,
        default=list(BENCHMARKS),
        help="run these, in this order",
    )
    parser.add_argument("--repeats", type=int, help="instead of each benchmark's own number")
    parser.add_argument("overrides", nargs="*", help="of conf/, e.g. dataset=scifact")
    arguments = parser.parse_args()
    stored: dict[str, Any] = (
        json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    )
    for name in arguments.only:
        print(f"== {name}", flush=True)
        stored[name] = measured(name, arguments.repeats, arguments.overrides)
        with written_aside(STORED) as aside:
            aside.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    with written_aside(PAGE) as aside:
        aside.write_text(page(stored), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)} and {STORED.relative_to(ROOT)}")


def measured(name: str, repeats: int | None, overrides: list[str]) -> dict[str, Any]:
    """Return the rows of one benchmark, with the machine and the time."""
    facts = machine()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        (module,) = (ROOT / "benchmarks").rglob(f"{name}.py")
        path = ".".join(module.relative_to(ROOT).with_suffix("").parts)
        command = [sys.executable, "-W", "ignore", "-m", path, "--json", str(file)]
        count = [] if repeats is None else ["--repeats", str(repeats)]
        subprocess.run(
            [*command, *count, *overrides],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            check=True,
        )
        rows = json.loads(file.read_text(encoding="utf-8"))
    return {
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": facts,
        "rows": rows,
    }


if __name__ == "__main__":
    main()
