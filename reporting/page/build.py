"""Writes index.html and the figures from a report's content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from data.storage.atomic_files import written_aside
from html_pages import rendered
from reporting.figures import Stage, charts, inline_panel, inline_swatch, write_chart
from reporting.page.configs import read_configs
from reporting.page.provenance import provenance
from reporting.page.queries import drill_down
from reporting.page.summary import summarise
from reporting.page.tables import tables
from reporting.page.variant_table import variant_table
from reporting.tables.csv_files import CONDITION, Sheet, write_csv
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reporting.figures.chart import Chart
    from reporting.statistics.analysis import Analysis

ASSETS = Path(__file__).parent / "assets"
FIRST = ("robustness", "belief")
"""The figures at the top of the page."""
SCRIPTS = ("elements.js", "tables.js", "queries.js")
LISTED = 200
"""The most incomplete cells that are listed; incomplete.csv has all."""


class Figure(NamedTuple):
    """A figure as the page shows it.

    Attributes:
        name: its id, and the name of its files.
        title: its heading.
        caption: how to read it.
        panels: title, words and SVG of each panel.
        legend: loss and SVG swatch of each loss.
    """

    name: str
    title: str
    caption: str
    panels: list[tuple[str, str, Markup]]
    legend: list[tuple[str, Markup]]


def write_page(analysis: Analysis, folder: Path) -> None:
    """Write index.html, figures/*.svg and *.png, and histories.csv, the numbers behind them.

    Args:
        analysis: the report's content.
        folder: the folder with its CSV files.
    """
    stage = Stage(analysis)
    drawn = charts(stage)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for chart in track(drawn, "Drawing"):
        write_chart(chart, folder / "figures")
    if stage.histories:
        _write_histories(stage, folder / "histories.csv")
    with written_aside(folder / "index.html") as aside:
        aside.write_text(_render(analysis, [_figure(chart) for chart in drawn]), encoding="utf-8")


def _render(analysis: Analysis, figures: list[Figure]) -> str:
    return rendered(
        ASSETS / "page.html",
        analysis=analysis,
        summary=summarise(analysis),
        first=[figure for figure in figures if figure.name in FIRST],
        figures=[figure for figure in figures if figure.name not in FIRST],
        configs=read_configs(analysis.groups),
        provenance=provenance(analysis.cells.finished),
        listed=LISTED,
        content=_content(analysis),
        style=_asset("page.css"),
        scripts=[_asset(name) for name in SCRIPTS],
    )


def _asset(name: str) -> Markup:
    """Return a file of this package, which needs no escaping."""
    return Markup((ASSETS / name).read_text(encoding="utf-8"))  # noqa: S704


def _content(analysis: Analysis) -> dict[str, Any]:
    """Return what the scripts of the page show."""
    shown = {
        table.name: {
            "caption": table.caption,
            "columns": [column._asdict() for column in table.columns],
            "rows": table.rows,
        }
        for table in [*tables(analysis), *variant_table(analysis)]
    }
    return {"tables": shown, "queries": drill_down(analysis)}


def _figure(chart: Chart) -> Figure:
    drawn = [
        inline_panel(panel, f"{chart.name}-{place}") for place, panel in enumerate(chart.panels)
    ]
    panels = [
        (panel.title, panel.text, Markup(drawing))  # noqa: S704 - drawn by us, its text escaped
        for panel, drawing in zip(chart.panels, drawn, strict=True)
    ]
    legend = [
        (loss, Markup(inline_swatch(look, f"{chart.name}-legend-{place}")))  # noqa: S704
        for place, (loss, look) in enumerate(chart.looks.items())
    ]
    return Figure(chart.name, chart.title, chart.caption, panels, legend)


def _write_histories(stage: Stage, path: Path) -> None:
    names = sorted(
        {name for history in stage.histories.values() for name in history.columns if "/" in name}
    )
    write_csv(
        path, Sheet((*CONDITION, "loss", "seeds", "epoch", *names), _history_rows(stage, names))
    )


def _history_rows(stage: Stage, names: list[str]) -> Iterator[list[object]]:
    ratios = {scene.setting: scene.ratio for scene in stage.scenes}
    for (setting, loss), history in stage.histories.items():
        for epoch in range(history.epochs):
            values = [
                float(history.columns[name][epoch]) if name in history.columns else None
                for name in names
            ]
            yield [*setting, ratios[setting], loss, history.seeds, epoch + 1, *values]
