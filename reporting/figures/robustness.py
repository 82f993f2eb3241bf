"""A measure against the noise ratio: robustness curve, retention, and area under the curve."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from reporting.figures.chart import Panel
from reporting.figures.marks import dots, end_labels, level, line, unit_ticks
from reporting.figures.scenes import Setting, Stage
from reporting.words import listed, ratio_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from reporting.figures.chart import Chart
    from reporting.statistics.retention import Curve, Point


def robustness(stage: Stage) -> Chart | None:
    """Draw the first measure against the noise ratio, with one standard deviation over seeds."""
    lines = [reference.name for found in stage.references.values() for reference in found]
    caption = (
        f"{stage.measure} on the test queries against the share of corrupted training labels. "
        "Points: mean over seeds; band: one standard deviation over seeds, absent for a single "
        f"seed.{f' Dotted: {listed(sorted(set(lines)))}.' if lines else ''} Numbers: curves.csv."
        f"{stage.left_out()}"
    )
    panels = _panels(stage, stage.measure, lambda point: point.mean, band=True)
    return stage.chart("robustness", "Robustness", caption, panels)


def retention(stage: Stage) -> Chart | None:
    """Draw the first measure relative to training on clean labels."""
    caption = (
        f"{stage.measure} as a share of the value of the same loss without noise (1: nothing "
        "lost). A loss that starts low can retain much, so read it beside the robustness curve. "
        f"Numbers: curves.csv.{stage.left_out()}"
    )
    panels = _panels(
        stage, f"{stage.measure}, noisy / clean", lambda point: point.retention, band=False
    )
    return stage.chart("retention", "Relative retention", caption, panels)


def area(stage: Stage) -> Chart | None:
    """Draw the area under each robustness curve as dots, best on top."""
    panels = []
    for setting, found in _by_setting(stage).items():
        areas = {curve.loss: curve.area for curve in found if curve.area is not None}
        if areas:
            panels.append(
                _area_panel(stage, setting, dict(sorted(areas.items(), key=lambda item: item[1])))
            )
    caption = (
        f"Average height of the robustness curve ({stage.measure}): the area under it, divided by "
        "the range of its ratios. Losses without a finished cell at every ratio are omitted. "
        f"The axis does not start at 0. Numbers: curves.csv.{stage.left_out()}"
    )
    return stage.chart("area", "Area under the robustness curve", caption, panels)


def _by_setting(stage: Stage) -> dict[Setting, list[Curve]]:
    found: defaultdict[Setting, list[Curve]] = defaultdict(list)
    for curve in stage.analysis.curves:
        if curve.measure == stage.measure:
            found[Setting(curve.dataset, curve.model, curve.noise)].append(curve)
    return {
        setting: found[setting] for setting in stage.settings[: stage.panels] if setting in found
    }


def _panels(
    stage: Stage, label: str, value: Callable[[Point], float | None], *, band: bool
) -> list[Panel]:
    """Return one panel for each setting with more than one ratio."""
    panels = []
    for setting, found in _by_setting(stage).items():
        lines = {
            curve.loss: [
                (point, height) for point in curve.points if (height := value(point)) is not None
            ]
            for curve in found
        }
        shown = {loss: points for loss, points in lines.items() if points}
        if any(len(points) > 1 for points in shown.values()):
            panels.append(_curve_panel(stage, setting, shown, label, band=band))
    return panels


Heights = dict[str, list[tuple["Point", float]]]


def _curve_panel(
    stage: Stage, setting: Setting, lines: Heights, label: str, *, band: bool
) -> Panel:
    def draw(axes: Axes) -> None:
        for loss, points in lines.items():
            ratios = [point.ratio for point, _ in points]
            heights = [height for _, height in points]
            line(axes, stage.looks[loss], ratios, heights, markers=True)
            if band and stage.looks[loss].strong:
                _band(axes, stage.looks[loss].colour, [point for point, _ in points])
        if band:
            for reference in stage.references.get(setting[:2], []):
                level(axes, reference.values[stage.measure], reference.name)
        ratios = sorted({point.ratio for points in lines.values() for point, _ in points})
        axes.set_xticks(ratios, list(map(ratio_name, ratios)))
        end_labels(axes, stage.looks, {loss: points[-1][1] for loss, points in lines.items()})
        axes.set_xlabel("noise ratio")
        axes.set_ylabel(label)

    words = "; ".join(
        f"{loss}: "
        + ", ".join(f"{height:.4f} at ratio {ratio_name(point.ratio)}" for point, height in points)
        for loss, points in lines.items()
    )
    text = f"{label} against the noise ratio. {words}."
    return Panel(stage.title(setting), draw, text, tuple(lines))


def _band(axes: Axes, colour: str, points: Sequence[Point]) -> None:
    """Return one standard deviation to either side; points with a single seed leave gaps."""
    if all(point.sd is None for point in points):
        return
    means = np.array([point.mean for point in points])
    sds = np.array([np.nan if point.sd is None else point.sd for point in points])
    axes.fill_between(
        [point.ratio for point in points],
        means - sds,
        means + sds,
        color=colour,
        alpha=0.13,
        linewidth=0,
    )


def _area_panel(stage: Stage, setting: Setting, areas: dict[str, float]) -> Panel:
    def draw(axes: Axes) -> None:
        places = np.arange(len(areas))
        for place, (loss, value) in zip(places.tolist(), areas.items(), strict=True):
            dots(axes, stage.looks[loss], [value], [place])
            axes.annotate(
                f"{value:.4f}",
                (value, place),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
        axes.set_yticks(places, list(areas))
        axes.set_ylim(-0.6, len(areas) - 0.4)
        unit_ticks(axes)
        axes.margins(x=0.22)
        axes.set_xlabel(f"average {stage.measure}")

    best_first = ", ".join(f"{loss} {value:.4f}" for loss, value in reversed(areas.items()))
    return Panel(
        stage.title(setting), draw, f"Area under the robustness curve, best first: {best_first}."
    )
