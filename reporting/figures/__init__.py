"""The figures of a report, drawn with matplotlib for print and for the page.

Reading order: `chart` (what a figure is), `scenes` (what the figures show), `robustness`, `belief`,
`outcomes` and `training` (the figures), `marks` and `looks` (their elements), `rendering` (files).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.figures.belief import belief
from reporting.figures.outcomes import cost, gains
from reporting.figures.rendering import inline_panel, inline_swatch, write_chart
from reporting.figures.robustness import area, retention, robustness
from reporting.figures.scenes import Stage
from reporting.figures.training import detector, learning, memorisation

if TYPE_CHECKING:
    from reporting.figures.chart import Chart

__all__ = ["CHARTS", "Stage", "charts", "inline_panel", "inline_swatch", "write_chart"]

CHARTS = (robustness, belief, retention, area, gains, learning, memorisation, detector, cost)


def charts(stage: Stage) -> list[Chart]:
    """Return the figures that the cells allow, in the order of the page."""
    return [chart for draw in CHARTS if (chart := draw(stage)) is not None]
