"""Tables of losses in finished cells, as Markdown: their training, and their results.

    python benchmarks/losses/loss_cells.py training outputs/demo/static
    python benchmarks/losses/loss_cells.py noise outputs/scifact/static

`training` has a row per loss: the training loss of the first and the last epoch, and the mean
confidence in clean labels, which keeps its meaning when a schedule changes the loss. `noise` has a
row per loss and noise: means over seeds, and label weakening's "ambiguous" as a detector of wrong
labels in the last epoch.
"""

import argparse
import csv
import json
import math
import statistics
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple


class LossCell(NamedTuple):
    """A finished cell: its path, its scores and one row of the history per epoch."""

    method: str
    noise: str
    scores: dict[str, dict[str, float]]
    history: list[dict[str, str]]


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", choices=["training", "noise"])
    parser.add_argument("folder", type=Path, help="holds <loss>/<noise>/<seed>")
    parser.add_argument("--measure", default="nDCG@10")
    arguments = parser.parse_args()
    cells = [read(path.parent) for path in sorted(arguments.folder.glob("*/*/*/scores.json"))]
    print((training if arguments.table == "training" else noise)(cells, arguments.measure))


def read(folder: Path) -> LossCell:
    """Return the cell in a folder."""
    history = list(
        csv.DictReader((folder / "history.csv").read_text(encoding="utf-8").splitlines())
    )
    return LossCell(
        folder.parts[-3],
        folder.parts[-2],
        json.loads((folder / "scores.json").read_text(encoding="utf-8")),
        history,
    )


def training(cells: list[LossCell], measure: str) -> str:
    """Return the table of the training losses."""
    lines = [
        "| loss | first epoch | last epoch | | clean confidence, first | last | test |",
        "|---|---|---|---|---|---|---|",
    ]
    for cell in cells:
        losses = [float(row["train/loss"]) for row in cell.history]
        sure = [float(row["train/confidence_clean"]) for row in cell.history]
        verdict = (
            ("falls" if losses[-1] < losses[0] else "RISES")
            if all(map(math.isfinite, losses))
            else "NOT FINITE"
        )
        tested = cell.scores["measures"][measure]
        lines.append(
            f"| `{cell.method}` | {losses[0]:.4g} | {losses[-1]:.4g} | {verdict} | {sure[0]:.3f} | "
            f"{sure[-1]:.3f} | {tested:.3f} |"
        )
    return "\n".join(lines)


def noise(cells: list[LossCell], measure: str) -> str:
    """Return the table of the means over seeds, the best of each noise first."""
    groups = defaultdict(list)
    for cell in cells:
        groups[cell.noise, cell.method].append(cell)
    head = (
        f"| noise | loss | seeds | validation {measure} | test {measure} | AUROC | precision "
        f"| recall | memorised | recovered |"
    )
    lines = [head, "|---" * 10 + "|"]
    for (kind, method), group in sorted(
        groups.items(), key=lambda item: (item[0][0], -tested(item[1], measure)[0])
    ):
        mean, deviation = tested(group, measure)
        chosen = statistics.mean(cell.scores["validation"][measure] for cell in group)
        names = (
            "detector_auroc",
            "detector_precision",
            "detector_recall",
            "memorisation",
            "recovery",
        )
        facts = " | ".join(last(group, f"train/{name}") for name in names)
        lines.append(
            f"| {kind} | `{method}` | {len(group)} | {chosen:.4f} | {mean:.4f} ± {deviation:.4f} | "
            f"{facts} |"
        )
    return "\n".join(lines)


def tested(group: list[LossCell], measure: str) -> tuple[float, float]:
    """Return the mean and standard deviation over the seeds."""
    values = [cell.scores["measures"][measure] for cell in group]
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def last(group: list[LossCell], column: str) -> str:
    """Return the mean of a column over the seeds in the last epoch, if any cell has it."""
    values = [float(value) for cell in group if (value := cell.history[-1].get(column))]
    return f"{statistics.mean(values):.3f}" if values else ""


if __name__ == "__main__":
    main()
