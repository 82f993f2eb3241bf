"""Figures as files and as parts of a page.

No global state of matplotlib is changed, and the same numbers give the same bytes.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from data.storage.atomic_files import written_aside
from reporting.figures.looks import GREY, INK, RULE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

    from reporting.figures.chart import Chart, Panel
    from reporting.figures.looks import Look

PANEL = (3.4, 2.5)  # inches: one column of a two-column paper
LEGEND_ROW = 0.2
LEGEND_COLUMN = 1.75
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "lines.color": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name may contain a dollar sign
    "path.simplify": True,
}
DOTS_PER_INCH = 200
FIXED = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
}
"""Metadata that would otherwise differ between two invocations or versions."""


def write_chart(chart: Chart, folder: Path) -> None:
    """Write `<name>.svg` and `<name>.png`: all panels and the legend, for print."""
    with _style(chart.name):
        sheet = _sheet(chart)
        for form, metadata in FIXED.items():
            with written_aside(folder / f"{chart.name}.{form}") as aside:
                sheet.savefig(
                    aside, format=form, metadata=metadata, dpi=DOTS_PER_INCH, facecolor="white"
                )
            sheet.set_layout_engine("none")  # the layout is done, and takes as long as drawing


def inline_panel(panel: Panel, name: str) -> str:
    """Return one panel as an SVG element for a page.

    Its colours are CSS variables, so that it follows light and dark settings.

    Args:
        panel: the panel.
        name: a unique name on the page, with which its ids begin.
    """
    with _style(name):
        figure = Figure(figsize=PANEL, layout="constrained")
        panel.draw(figure.add_subplot())
        return _element(_svg(figure), name, panel.text)


def inline_swatch(look: Look, name: str) -> str:
    """Return a short line with its marker, for a legend in HTML."""
    with _style(name):
        figure = Figure(figsize=(0.42, 0.16))
        figure.add_artist(
            _handle(look, xdata=(0.04, 0.5, 0.96), ydata=(0.5, 0.5, 0.5), markevery=[1])
        )
        return _element(_svg(figure), name, "")


@contextmanager
def _style(salt: str) -> Iterator[None]:
    # its keys are literals
    with rc_context(STYLE | {"svg.hashsalt": salt}):  # type: ignore[arg-type]
        yield


def _sheet(chart: Chart) -> Figure:
    columns = min(chart.columns, len(chart.panels))
    rows = -(-len(chart.panels) // columns)
    beside = max(1, min(len(chart.looks), int(PANEL[0] * columns / LEGEND_COLUMN)))
    legend = LEGEND_ROW * -(-len(chart.looks) // beside) + 0.1 if chart.looks else 0.0
    figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows + legend), layout="constrained")
    for place, panel in enumerate(chart.panels, start=1):
        axes: Axes = figure.add_subplot(rows, columns, place)
        panel.draw(axes)
        axes.set_title(panel.title, loc="left")
    handles = [_handle(look, label=loss) for loss, look in chart.looks.items()]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=beside, handlelength=2.6)
    return figure


def _handle(
    look: Look, *, xdata: tuple[float, ...] = (), ydata: tuple[float, ...] = (), **style: object
) -> Line2D:
    return Line2D(
        xdata,
        ydata,
        color=look.colour,
        marker=look.marker,
        markersize=5,
        markeredgewidth=0,
        linestyle=look.dash,
        linewidth=look.width,
        **style,  # type: ignore[arg-type]
    )


def _svg(figure: Figure) -> str:
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata=FIXED["svg"], transparent=True)
    return buffer.getvalue().decode()


def _element(document: str, name: str, text: str) -> str:
    """Return the svg element of a document, with ids and colours adapted to the page.

    `text` describes it to screen readers; without a text it is hidden from them.
    """
    element = document[document.index("<svg") :].strip()
    element = re.sub(r'( id="|href="#|url\(#)', rf"\1{name}-", element)
    element = re.sub(
        r"#([0-9a-f]{6})\b(?=[;\"])", lambda found: f"var(--ink-{found[1]}, #{found[1]})", element
    )
    element = re.sub(r"font-family: [^;\"]*; ", "", element)  # that of the page
    if not text:
        return element.replace("<svg", '<svg aria-hidden="true"', 1)
    return element.replace("<svg", f'<svg role="img" aria-label="{_escaped(text)}"', 1)


def _escaped(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;")):
        text = text.replace(character, entity)
    return text
