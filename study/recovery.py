"""The study's extra questions: recovery between two ceilings, detection of wrong labels, cost."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reporting.reading.cells import FinishedCell
    from reporting.statistics.groups import Condition, Group

NOISE, CEILING, BASELINE = "semantic", "clean_pairs", "cross_entropy"
DETECTION = (
    "detector_auroc",
    "detector_precision",
    "detector_recall",
    "ambiguous",
    "memorisation",
    "recovery",
)


class Recovery(NamedTuple):
    """One loss between what noise cost the baseline and the two ceilings.

    Attributes:
        dataset: name of the collection.
        model: name of the model.
        ratio: the noise ratio.
        loss: the loss.
        clean: the baseline on clean labels: perfect correction.
        dropped: the baseline on the clean pairs only: perfect dropping; None if that was not run.
        baseline: the baseline on the noisy labels.
        value: the loss on the noisy labels.
    """

    dataset: str
    model: str
    ratio: float
    loss: str
    clean: float
    dropped: float | None
    baseline: float
    value: float

    @property
    def cost(self) -> float:
        """The cost of noise to the baseline."""
        return self.clean - self.baseline

    def share(self, value: float | None) -> float:
        """Return the part of the cost that a value wins back; NaN without a cost or a value."""
        return math.nan if value is None or self.cost <= 0 else (value - self.baseline) / self.cost


def recoveries(groups: Iterable[Group], measure: str) -> Iterator[Recovery]:
    """Yield every loss at every ratio above 0 that has baselines on noisy and clean labels."""
    means = {(group.condition, group.loss): group.mean(measure) for group in groups}
    for (condition, loss), value in sorted(means.items()):
        if condition.noise != NOISE or condition.ratio == 0 or loss == BASELINE:
            continue
        clean = means.get((condition._replace(ratio=0.0), BASELINE))
        baseline = means.get((condition, BASELINE))
        dropped = means.get((condition._replace(noise=CEILING), BASELINE))
        if clean is not None and baseline is not None:
            yield Recovery(
                condition.dataset,
                condition.model,
                condition.ratio,
                loss,
                clean,
                dropped,
                baseline,
                value,
            )


class Detection(NamedTuple):
    """A loss's detection of wrong labels in the last epoch of training, mean over seeds.

    Attributes:
        condition: dataset, model, noise and ratio.
        loss: the loss.
        values: of `DETECTION`; a loss that doubts no label has no precision.
    """

    condition: Condition
    loss: str
    values: Mapping[str, float]


def detections(groups: Iterable[Group]) -> Iterator[Detection]:
    """Yield the detection of wrong labels in the histories of noisy cells, where there is any."""
    for group in groups:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for cell in group.cells:
            last = last_epoch(cell)
            for name in DETECTION:
                if last.get(f"train/{name}"):
                    found[name].append(float(last[f"train/{name}"]))
        if "detector_auroc" in found:
            yield Detection(
                group.condition, group.loss, {name: mean(values) for name, values in found.items()}
            )


def last_epoch(cell: FinishedCell) -> dict[str, str]:
    """Return the last row of a cell's history; empty if there is none."""
    path = cell.file("history.csv")
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return next(reversed(list(csv.DictReader(file))), {})


class Spent(NamedTuple):
    """The cost of cells.

    Attributes:
        dataset: name of the collection.
        model: name of the model.
        cells: how many.
        hours: their wall time.
    """

    dataset: str
    model: str
    cells: int
    hours: float


def spent(cells: Sequence[FinishedCell]) -> list[Spent]:
    """Return the cost of the cells by data set and model."""
    seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for cell in cells:
        seconds[cell.dataset, cell.model].append(sum(cell.scores["wall_seconds"].values()))
    return [Spent(*key, len(found), sum(found) / 3600) for key, found in sorted(seconds.items())]
