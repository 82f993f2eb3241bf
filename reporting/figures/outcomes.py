"""Outcomes at the largest noise ratio: gains by query, and effectiveness against training time."""

from __future__ import annotations

from statistics import mean, stdev
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reporting.figures.chart import Panel
from reporting.figures.marks import bars, dots, line, unit_ticks
from reporting.statistics.significance import SAME

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reporting.figures.chart import Chart
    from reporting.figures.scenes import Scene, Stage
    from reporting.statistics.groups import Group

DRAWN = 201
"""The most points of a curve over queries."""


def gains(stage: Stage) -> Chart | None:
    """Draw the sorted gains over the baseline, one curve per loss."""
    baseline = stage.analysis.plan.baseline
    panels = []
    for scene in stage.scenes:
        against = scene.groups.get(baseline or "")
        others = {loss: group for loss, group in scene.groups.items() if loss != baseline}
        if against is not None and others and len(against.query_ids) > 1:
            panels.append(
                _gains_panel(
                    stage,
                    scene,
                    {loss: _sorted_gains(stage, group, against) for loss, group in others.items()},
                )
            )
    known = stage.analysis.cells.finished
    caption = (
        f"{stage.measure} of each test query (mean over seeds) minus that of {baseline}, sorted by "
        f"gain{', at the largest noise ratio' if known else ''}. A {stage.noun} is better than the "
        "baseline on the queries to the left of the point where its curve crosses 0, and worse on "
        "those to the right. "
        f"Numbers: the folder per_query.{stage.left_out()}"
    )
    title = f"Gains over {baseline}, query by query"
    return stage.chart("gains", title, caption, panels)


def _sorted_gains(stage: Stage, group: Group, baseline: Group) -> NDArray[np.float64]:
    differences = group.queries(stage.measure) - baseline.queries(stage.measure)
    return np.sort(np.where(np.abs(differences) < SAME, 0.0, differences))[::-1]


def _gains_panel(stage: Stage, scene: Scene, curves: dict[str, NDArray[np.float64]]) -> Panel:
    def draw(axes: Axes) -> None:
        for loss, values in curves.items():
            places = np.unique(np.linspace(0, len(values) - 1, DRAWN).astype(int))
            share = 100 * places / max(1, len(values) - 1)
            line(axes, stage.looks[loss], share.tolist(), values[places].tolist(), markers=False)
            if loss == stage.analysis.plan.focus:
                axes.fill_between(
                    share, values[places], color=stage.looks[loss].colour, alpha=0.13, linewidth=0
                )
        axes.axhline(0, linewidth=0.8)
        axes.set_xlabel("% of the test queries")
        axes.set_ylabel(f"gain in {stage.measure}")

    words = "; ".join(
        f"{loss} better on {(values > 0).sum()}, equal on {(values == 0).sum()}, worse on "
        f"{(values < 0).sum()}"
        for loss, values in curves.items()
    )
    return Panel(
        stage.place(scene),
        draw,
        f"Queries compared with {stage.analysis.plan.baseline}: {words}.",
        tuple(curves),
    )


class Cost(NamedTuple):
    """Training time and effectiveness of a group.

    Attributes:
        seconds: mean training time over seeds, in seconds.
        value: mean of the measure over seeds.
        sd: its standard deviation; None for one seed.
    """

    seconds: float
    value: float
    sd: float | None


def cost(stage: Stage) -> Chart | None:
    """Draw the first measure against the training time."""
    panels = []
    for scene in stage.scenes:
        found = {
            loss: known
            for loss, group in scene.groups.items()
            if (known := cost_of(group, stage.measure)) is not None
        }
        if found:
            panels.append(_cost_panel(stage, scene, found))
    caption = (
        f"{stage.measure} at the largest noise ratio against the wall-clock time of training, "
        "means over seeds; bars: one standard deviation over seeds. Training times on a machine "
        "shared with other work are only roughly comparable. Numbers: "
        f"cells.csv.{stage.left_out()}"
    )
    return stage.chart("cost", "Training time against effectiveness", caption, panels)


def cost_of(group: Group, measure: str) -> Cost | None:
    """Return a group's training time and effectiveness; None if a scores.json has no time."""
    times = [cell.scores.get("wall_seconds", {}).get("train") for cell in group.cells]
    if not times or not all(isinstance(seconds, int | float) for seconds in times):
        return None
    values = group.seed_values[:, group.measures.index(measure)].tolist()
    return Cost(mean(times), mean(values), stdev(values) if len(values) > 1 else None)


def _cost_panel(stage: Stage, scene: Scene, found: dict[str, Cost]) -> Panel:
    def draw(axes: Axes) -> None:
        for loss, known in found.items():
            if known.sd is not None:
                bars(axes, stage.looks[loss], known.seconds, known.value, known.sd)
            dots(axes, stage.looks[loss], [known.seconds], [known.value])
        unit_ticks(axes)
        axes.set_xlim(left=0)
        axes.set_xlabel("training time, seconds")
        axes.set_ylabel(stage.measure)

    words = "; ".join(
        f"{loss} {known.value:.4f} in {known.seconds:.1f} s" for loss, known in found.items()
    )
    return Panel(
        stage.place(scene),
        draw,
        f"{stage.measure} and training time: {words}.",
        tuple(found),
    )
