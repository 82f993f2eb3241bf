"""How far a model believes right and wrong labels while it is trained, for the main losses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reporting.figures.chart import Panel
from reporting.figures.marks import apart, line, whole_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from reporting.figures.chart import Chart
    from reporting.figures.looks import Look
    from reporting.figures.scenes import Scene, Stage

DRAWN = 2
"""Losses drawn: with more, nobody could tell their lines apart."""

KINDS = {
    "train/confidence_clean": ("right labels", ()),
    "train/confidence_corrupted": ("wrong labels", (1, 2)),
}
"""Column of history.csv -> its name, and the dashes of its line."""

Courses = dict[tuple[str, str], "NDArray[np.float64]"]


def belief(stage: Stage) -> Chart | None:
    """Draw the confidence in right and wrong labels by epoch."""
    found = ((scene, _courses(stage, scene)) for scene in stage.scenes)
    panels = [_panel(stage, scene, courses) for scene, courses in found if courses]
    caption = (
        "Confidence in right labels (solid) and in corrupted ones (dotted) during training at the "
        "largest noise ratio: softmax probability of the labelled document among its candidates, "
        "mean over training examples and seeds. The dotted line of a loss that fits wrong labels "
        f"rises with the solid one. Numbers: histories.csv.{stage.left_out()}"
    )
    chart = stage.chart("belief", "Belief in right and wrong labels", caption, panels)
    if chart is None:
        return None
    # dashes tell the kinds of labels apart here, not the losses
    return chart._replace(looks={loss: _solid(look) for loss, look in chart.looks.items()})


def _solid(look: Look) -> Look:
    return look._replace(dash=(0, ()))


def _courses(stage: Stage, scene: Scene) -> Courses:
    """Return the courses of both kinds of labels for the losses that have them."""
    found: Courses = {}
    for loss in _main_losses(stage, scene):
        columns = stage.histories[scene.setting, loss].columns
        if all(kind in columns and np.isfinite(columns[kind]).any() for kind in KINDS):
            found |= {(loss, kind): columns[kind] for kind in KINDS}
    return found


def _main_losses(stage: Stage, scene: Scene) -> list[str]:
    """Return the baseline and the focus, or else the best losses of the scene."""
    plan, measure = stage.analysis.plan, stage.measure
    known = {
        loss: group
        for loss, group in scene.groups.items()
        if (scene.setting, loss) in stage.histories
    }
    compared = [loss for loss in (plan.baseline, plan.focus) if loss in known]
    best_first = sorted(known, key=lambda loss: -known[loss].mean(measure))
    return list(dict.fromkeys([*compared, *best_first]))[:DRAWN]


def _panel(stage: Stage, scene: Scene, courses: Courses) -> Panel:
    def draw(axes: Axes) -> None:
        for (loss, kind), values in courses.items():
            look = stage.looks[loss]._replace(dash=(0, KINDS[kind][1]))
            line(axes, look, range(1, len(values) + 1), values.tolist(), markers=True)
        axes.set_ylim(0, 1)
        ends = {f"{loss}/{kind}": float(values[-1]) for (loss, kind), values in courses.items()}
        for name, place in apart(axes, ends).items():
            loss, _, kind = name.partition("/")
            where = axes.get_yaxis_transform()  # x as a share of the axes, y as data
            axes.text(
                1.02,
                place,
                KINDS[kind][0],
                transform=where,
                fontsize=7,
                va="center",
                color=stage.looks[loss].colour,
            )
        whole_ticks(axes)
        axes.set_xlabel("epoch")
        axes.set_ylabel("confidence in the label")

    words = "; ".join(
        f"{loss}, {KINDS[kind][0]}: {values[0]:.3f} to {values[-1]:.3f}"
        for (loss, kind), values in courses.items()
    )
    losses = tuple(dict.fromkeys(loss for loss, _ in courses))
    text = f"Confidence over the epochs, first to last. {words}."
    return Panel(stage.place(scene), draw, text, losses)
