"""The figures of a report show what the CSV files say, with the same bytes every time."""

import csv
import json
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from page_cells import GRID, write_page_cells

from benchmarks.sweeps.report_synthetic import Grid, write_cell, write_cells
from reporting.figures import Stage, charts, inline_panel, write_chart
from reporting.figures.looks import COLOURED, GREY, INK, looks
from reporting.figures.marks import end_labels
from reporting.figures.robustness import robustness
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import Plan
from reporting.tables.csv_files import write_csvs
from reporting.tables.result_tables import measure_table

PLAN = Plan("cross_entropy", "label_weakening", resamples=200)
VALUES = {"nDCG@10": np.array([0.5, 0.25]), "RR@10": np.array([1.0, 0.0])}
MANY = [f"loss_{letter}" for letter in "abcdefghijkl"]


def staged(folder, plan=PLAN):
    return Stage(analyse(read_cells(folder), plan))


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return write_page_cells(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def stage(outputs):
    return staged(outputs)


def axes_of(panel):
    axes = Figure().add_subplot()
    panel.draw(axes)
    return axes


def test_every_figure_is_drawn_of_a_whole_sweep(stage):
    names = [chart.name for chart in charts(stage)]
    assert names == [
        "robustness",
        "belief",
        "retention",
        "area",
        "gains",
        "learning",
        "memorisation",
        "detector",
        "cost",
    ]
    assert all(panel.text.endswith(".") for chart in charts(stage) for panel in chart.panels)


def test_curves_show_the_numbers_of_curves_csv(stage, tmp_path):
    write_csvs(stage.analysis, tmp_path)
    with (tmp_path / "curves.csv").open() as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["measure"] == "nDCG@10" and row["dataset"] == "toy"
        ]
    by_name = {chart.name: chart for chart in charts(stage)}
    for name, column in (("robustness", "mean"), ("retention", "retention")):
        panel = next(panel for panel in by_name[name].panels if panel.title == "toy · static")
        drawn = {line.get_color(): line.get_ydata() for line in axes_of(panel).get_lines()}
        for loss, look in stage.looks.items():
            np.testing.assert_array_equal(
                drawn[look.colour], [float(row[column]) for row in rows if row["loss"] == loss]
            )


def test_levels_are_bm25_and_the_untrained_model(stage):
    axes = axes_of(robustness(stage).panels[0])
    levels = {text.get_text(): text.xy[1] for text in axes.texts}
    assert levels == pytest.approx({"BM25": 0.3, "untrained": 0.1})
    assert "Dotted: BM25 and untrained." in robustness(stage).caption


def test_belief_shows_right_and_wrong_labels_of_the_compared_losses(stage):
    (chart,) = (chart for chart in charts(stage) if chart.name == "belief")
    assert set(chart.looks) == {"cross_entropy", "label_weakening"}
    assert {look.dash for look in chart.looks.values()} == {(0, ())}  # of right labels
    drawn = {
        (line.get_color(), bool(line._dash_pattern[1])): line.get_ydata().tolist()
        for line in axes_of(chart.panels[0]).get_lines()
    }
    right, wrong = [0.5, 0.6, 0.7, 0.8], [0.1, 0.2, 0.3, 0.4]
    for look in chart.looks.values():
        assert drawn[look.colour, False] == pytest.approx(right)
        assert drawn[look.colour, True] == pytest.approx(wrong)
    assert len(drawn) == 4


def test_a_legend_names_only_what_is_drawn(stage):
    by_name = {chart.name: chart for chart in charts(stage)}
    assert set(by_name["robustness"].looks) == set(GRID.losses)
    assert set(by_name["gains"].looks) == set(GRID.losses) - {"cross_entropy"}
    assert set(by_name["area"].looks) == set()


def test_epochs_show_the_mean_of_the_histories(stage):
    panel = next(chart for chart in charts(stage) if chart.name == "memorisation").panels[0]
    for line in axes_of(panel).get_lines():
        np.testing.assert_allclose(line.get_ydata(), [0.0, 0.1, 0.2, 0.3])
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])


def test_gains_fall_and_count_what_is_better(stage):
    panel = next(chart for chart in charts(stage) if chart.name == "gains").panels[0]
    for line in axes_of(panel).get_lines()[:-1]:  # the last is the line at 0
        assert (np.diff(line.get_ydata()) <= 0).all()
    counts = [
        tuple(map(int, found))
        for found in re.findall(r"better on (\d+), equal on (\d+), worse on (\d+)", panel.text)
    ]
    assert len(counts) == 2
    assert all(sum(found) == GRID.queries for found in counts)


def test_files_are_the_same_bytes_every_time_and_nothing_global_changes(stage, tmp_path):
    before = dict(mpl.rcParams)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for chart in charts(stage):
            write_chart(chart, tmp_path / folder)
    assert dict(mpl.rcParams) == before
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 18
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        if name.endswith(".svg"):
            assert "<dc:date>" not in (tmp_path / "one" / name).read_text()


def test_a_panel_for_the_page_is_an_element_of_its_own(stage):
    panel = charts(stage)[0].panels[0]
    element = inline_panel(panel._replace(text='a "quoted" <text> & more'), "robustness-0")
    root = ET.fromstring(element)
    assert root.get("aria-label") == 'a "quoted" <text> & more'
    assert all(node.get("id", "robustness-0-").startswith("robustness-0-") for node in root.iter())
    assert f"var(--ink-{INK[1:]}, {INK})" in element
    assert not re.search(r"(?:fill|stroke): #", element)


def test_losses_can_be_told_apart_without_colour():
    for losses in (
        ["cross_entropy", "label_weakening", *MANY[:5]],
        ["cross_entropy", "label_weakening", *MANY[:11]],
    ):
        found = looks(losses, baseline="cross_entropy", focus="label_weakening")
        assert len({look.marker for look in found.values()}) == len(losses)


def test_many_losses_leave_colour_to_the_compared_and_the_best(tmp_path):
    write_cells(
        tmp_path,
        Grid(
            dict.fromkeys(["cross_entropy", "label_weakening"], 0.0)
            | {loss: i / 40 for i, loss in enumerate(MANY)}
        ),
    )
    stage = staged(tmp_path)
    strong = {loss for loss, look in stage.looks.items() if look.strong}
    assert strong == {"cross_entropy", "label_weakening", *MANY[-COLOURED:]}
    assert all(stage.looks[loss].colour == GREY for loss in stage.looks.keys() - strong)
    axes = axes_of(robustness(stage).panels[0])
    levels = {"BM25", "untrained"}
    places = sorted(text.get_position()[1] for text in axes.texts if text.get_text() not in levels)
    low, high = axes.get_ylim()
    assert len(places) == len(stage.looks)
    assert min(np.diff(places)) > 0.04 * (high - low)


def test_labels_are_left_to_the_legend_where_it_tells_the_losses():
    axes = Figure().add_subplot()
    found = looks(["a", "b"], baseline="a", focus=None)
    end_labels(axes, found, {"a": 0.5, "b": 0.6})
    assert not axes.texts


@pytest.mark.parametrize(
    ("grid", "plan", "expected"),
    [
        (
            Grid({"elr": 0.0}, ratios=(0.0,), seeds=(1,)),
            Plan(None, None),
            ["learning", "memorisation", "cost"],
        ),
        (
            Grid({"elr": 0.0}, ratios=(0.2,), seeds=(1,)),
            Plan(None, None),
            ["learning", "memorisation", "cost"],
        ),
        (
            Grid({"elr": 0.0, "mae": 0.1}, seeds=(1,)),
            Plan(None, None),
            ["robustness", "retention", "area", "learning", "memorisation", "cost"],
        ),
    ],
    ids=["one cell", "one noisy cell", "no baseline, one seed"],
)
def test_small_grids_give_the_figures_that_they_allow(tmp_path, grid, plan, expected):
    write_cells(tmp_path, grid)
    stage = staged(tmp_path, plan)
    assert [chart.name for chart in charts(stage)] == expected
    drawn = robustness(stage)
    assert drawn is None or not axes_of(drawn.panels[0]).collections  # one seed has no band


def test_more_settings_than_panels_are_announced(tmp_path):
    write_cells(
        tmp_path,
        Grid(
            {"elr": 0.0},
            datasets=[f"set{number}" for number in range(8)],
            seeds=(1,),
            ratios=(0.0, 0.4),
            queries=5,
        ),
    )
    chart = robustness(staged(tmp_path, Plan(None, None)))
    assert len(chart.panels) == 6
    assert "The first 6 of 8 settings are shown." in chart.caption


def test_a_name_is_shown_as_it_is(tmp_path):
    write_cells(tmp_path, Grid({"cross_entropy": 0.0, "elr-$x_1$&<b>": 0.1}, seeds=(1,), queries=5))
    chart = robustness(staged(tmp_path, Plan("cross_entropy", None)))
    write_chart(chart, tmp_path)
    texts = [
        node.text
        for node in ET.parse(tmp_path / "robustness.svg").iter()
        if node.tag.endswith("text")
    ]
    assert "elr-$x_1$&<b>" in texts


def test_every_differing_label_of_natural_noise_is_no_ratio(tmp_path):
    for name in ("none-0", "natural-0.5", "natural-all"):
        for loss in ("cross_entropy", "label_weakening"):
            folder = write_cell(tmp_path, f"toy/static/{loss}/{name}/seed-1", VALUES)
            scores = json.loads((folder / "scores.json").read_text())
            # 30 wrong labels among 100 are all that differ
            scores["noise"] |= {"realised": 1.0, "false_positives": 30}
            scores["data"]["training_examples"] = 100
            (folder / "scores.json").write_text(json.dumps(scores))
    stage = staged(tmp_path)
    (panel,) = robustness(stage).panels
    assert [label.get_text() for label in axes_of(panel).get_xticklabels()] == ["0", "0.5", "all"]
    assert [curve.area for curve in stage.analysis.curves if curve.noise == "natural"] == [None] * 4
    assert [scene.corrupted for scene in stage.scenes] == [0.3]
    heads = [column.name for column in measure_table(stage.analysis, "RR@10").columns]
    assert heads == ["0", "0.5", "all", "area"]
