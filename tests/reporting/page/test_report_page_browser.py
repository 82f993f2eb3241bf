"""The page of a report in a real browser, on wide and narrow screens."""

import os

import pytest
import yaml
from page_cells import write_page_cells

from reporting.page import write_page
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import Plan
from reporting.tables.csv_files import write_csvs

SCROLLING = ".scroll, .choices, svg, select, noscript"
TEXT_HEIGHTS = """
() => [...document.querySelectorAll(".panel svg text")]
  .map((text) => text.getBoundingClientRect().height)
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of a sweep; or of a report that is there already: REPORT=/folder."""
    if os.environ.get("REPORT"):
        return f"file://{os.environ['REPORT']}/index.html"
    folder = tmp_path_factory.mktemp("report")
    analysis = analyse(
        read_cells(write_page_cells(tmp_path_factory.mktemp("sweep"))),
        Plan("cross_entropy", "label_weakening", resamples=200),
    )
    write_csvs(analysis, folder)
    write_page(analysis, folder)
    return f"file://{folder}/index.html"


@pytest.fixture
def page(report, visit):
    return visit(report)


def column(page, place):
    """The numbers of a column of the results."""
    cells = page.locator(f"#results tbody td:nth-child({place})").all_inner_texts()
    return [float(cell.split()[0]) for cell in cells]


def header(page, name):
    return page.locator("#results thead th", has=page.get_by_role("button", name=name, exact=True))


def test_a_header_sorts_its_table_with_the_mouse_and_with_the_keyboard(page):
    score = header(page, "nDCG@10")
    assert score.get_attribute("aria-sort") == "none"
    place = 1 + page.locator("#results thead th").all_inner_texts().index("nDCG@10")
    score.get_by_role("button").click()
    assert score.get_attribute("aria-sort") == "descending"
    assert column(page, place) == sorted(column(page, place), reverse=True)
    score.get_by_role("button").press("Enter")
    assert score.get_attribute("aria-sort") == "ascending"
    assert column(page, place) == sorted(column(page, place))
    header(page, "loss").get_by_role("button").press("Space")
    assert (score.get_attribute("aria-sort"), header(page, "loss").get_attribute("aria-sort")) == (
        "none",
        "ascending",
    )


def test_a_filter_and_words_choose_rows(page):
    every = page.locator("#results tbody tr").count()
    page.locator("#results").get_by_label("loss").select_option("label_weakening")
    chosen = page.locator("#results tbody tr")
    assert 0 < chosen.count() < every
    assert all("label_weakening" in row for row in chosen.all_inner_texts())
    assert (
        page.locator("#results").get_by_role("status").inner_text()
        == f"{chosen.count()} of {chosen.count()} rows ({every} in all)"
    )
    page.locator("#results").get_by_label("contains").fill("no such loss")
    assert chosen.count() == 0
    page.locator("#results").get_by_label("contains").fill("")
    page.locator("#results").get_by_label("loss").select_option("all")
    assert chosen.count() == every


def test_a_query_opens_with_two_losses_side_by_side_and_its_corrupted_labels(page):
    drill = page.locator("#drill-down")
    second = drill.locator(".choices button").nth(1)
    second.click()
    assert drill.locator(".choices button").nth(1).get_attribute("aria-pressed") == "true"
    assert (
        drill.locator(".query").inner_text()
        == drill.locator(".choices button").nth(1).locator(".words").text_content()
    )
    assert drill.locator(".side h4").all_inner_texts() == ["label_weakening", "cross_entropy"]
    assert drill.locator(".side").first.locator(".ranking > li").count() == 5
    drill.get_by_label("right loss").select_option(index=2)
    assert (
        drill.locator(".side h4").all_inner_texts()[1]
        == drill.get_by_label("right loss").locator("option").nth(2).text_content()
    )
    page.wait_for_selector("#drill-down .ranking details")
    label = drill.locator(".ranking details").first
    label.locator("summary").click()
    assert "for the training query" in label.inner_text()
    drill.get_by_label("condition").select_option(index=1)
    assert drill.locator(".query").count() == 1


def test_nothing_is_clipped_and_figures_can_be_read(page, clipped):
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true; }")
    assert clipped(page, SCROLLING) == []
    panels = page.locator(".panel svg")
    assert panels.count() > 8
    assert all(panels.nth(place).bounding_box()["width"] >= 300 for place in range(panels.count()))
    assert min(page.evaluate(TEXT_HEIGHTS)) >= 9


def test_a_long_path_breaks_before_the_edge_of_the_window(tmp_path, visit, clipped):
    outputs = write_page_cells(tmp_path / "sweep")
    for path in outputs.rglob("config.yaml"):
        config = yaml.safe_load(path.read_text())
        config["cache_dir"] = f"/{'nowhere' * 12}"
        path.write_text(yaml.safe_dump(config))
    analysis = analyse(read_cells(outputs), Plan("cross_entropy", "label_weakening", resamples=200))
    write_page(analysis, tmp_path)
    page = visit(f"file://{tmp_path}/index.html")
    assert "is not on this machine" in page.locator("#queries").inner_text()
    assert clipped(page, SCROLLING) == []


def test_figures_of_several_panels_use_the_width(page):
    whole = page.locator("#figures").bounding_box()["width"]
    figures = page.locator("#figures figure:has(.panel:nth-child(2))")
    assert figures.count() > 3
    for figure in figures.all():
        box, caption = figure.bounding_box(), figure.locator("figcaption").bounding_box()
        assert box["width"] == whole
        assert caption["x"] + caption["width"] <= box["x"] + whole
    beside = page.locator("#figures .panels-2").first
    panels, caption = (beside.locator(part).bounding_box() for part in (".panels", "figcaption"))
    assert (caption["x"] > panels["x"] + panels["width"]) == (page.viewport_size["width"] == 1400)


def test_dark_follows_the_reader(page):
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        read = (
            "getComputedStyle(document.body).backgroundColor + "
            "getComputedStyle(document.querySelector('.panel svg text')).fill"
        )
        colours.append(page.evaluate(read))
    assert colours[0] != colours[1]
    assert colours[0].startswith("rgb(255, 255, 255)")
