"""A page shows what there is, and says what is missing."""

import gzip
import json
import shutil

import pytest
import yaml
from page_cells import write_page_cells
from page_reading import report

from benchmarks.sweeps.report_synthetic import Grid
from data import Cache, open_folder
from reporting.page import build, queries, tables
from reporting.page.runs import read_lists
from reporting.statistics.comparisons import Plan

SMALL = Grid({"cross_entropy": 0.0, "label_weakening": 0.5}, ratios=(0.4,), seeds=(1,), queries=8)


@pytest.fixture
def undrawn(monkeypatch):
    """Figures take most of the time and are not what most tests are about."""
    monkeypatch.setattr(build, "charts", lambda _: [])


@pytest.fixture
def small(tmp_path):
    return write_page_cells(tmp_path, SMALL)


@pytest.mark.usefixtures("undrawn")
def test_labels_that_differ_between_losses_are_called_out(page, small, tmp_path):
    assert (
        "of 18 combinations of collection, noise, ratio and seed, cells were NOT trained on the "
        "same corrupted labels" in page.text
    )
    for path in small.rglob("scores.json"):
        path.write_text(
            json.dumps(
                json.loads(path.read_text())
                | {"noise": {"realised": 0.4, "audit_sha256": "a" * 64}}
            )
        )
    assert (
        "were trained on the same corrupted labels, whatever their loss."
        in report(small, tmp_path / "report").text
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"dataset": {"_target_": "os.system", "command": "true"}},
            "it is opened by os.system, which is not part of this project",
        ),
        (
            {"dataset": {"_target_": "data.Cache", "root": "x"}},
            "it is opened by data.Cache, which is not part of this project",
        ),
        ({"cache_dir": "/nowhere"}, "its cache /nowhere is not on this machine"),
        ({"dataset": {"_target_": "data.open_folder", "path": "/nowhere"}}, "it cannot be opened"),
        (
            {"dataset": {"_target_": "data.open_folder", "path": "${oc.env:HF_TOKEN}/x"}},
            "dataset.path=${oc.env:HF_TOKEN}/x names no place by itself",
        ),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_without_texts_the_page_shows_ids_and_says_why(small, tmp_path, change, reason):
    for path in small.rglob("config.yaml"):
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    collection = report(small, tmp_path / "report").content["queries"]["collections"]["toy"]
    assert reason in collection["reason"]
    assert collection["documents"]
    assert all(text is None for _, text in collection["documents"])


@pytest.mark.usefixtures("undrawn")
def test_texts_of_another_version_of_the_collection_are_not_shown(small, tmp_path):
    corpus = tmp_path / "collections/toy/corpus.jsonl"
    corpus.write_text(corpus.read_text() + json.dumps({"_id": "new", "text": "one more"}) + "\n")
    # as a cell that is run now would
    open_folder(str(corpus.parent), cache=Cache(tmp_path / "cache"))
    collection = report(small, tmp_path / "report").content["queries"]["collections"]["toy"]
    assert collection["reason"] == "its content has changed since the cells were run"


@pytest.mark.usefixtures("undrawn")
def test_a_report_neither_builds_nor_downloads_a_collection(small, tmp_path):
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    collection = report(small, tmp_path / "report").content["queries"]["collections"]["toy"]
    assert "is only read here" in collection["reason"]
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("undrawn")
def test_files_that_are_missing_leave_gaps_and_no_more(small, tmp_path):
    for name in ("run.trec.gz", "audit.tsv", "history.csv"):
        for path in small.rglob(name):
            path.unlink()
    page = report(small, tmp_path / "report")
    assert all(
        run == []
        for query in page.content["queries"]["conditions"][0]["queries"]
        for run in query["runs"]
    )


@pytest.mark.parametrize("packed", [False, True])
def test_lists_are_read_from_runs_packed_or_not(tmp_path, packed):
    content = b"q1 Q0 d4 1 2 x\nq1 Q0 d2 2 1 x\nq11 Q0 d3 1 1 x\n"
    path = tmp_path / ("run.trec.gz" if packed else "run.trec")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_lists(path, ["q1", "q11", "q"]) == {"q1": ["d4", "d2"], "q11": ["d3"]}


@pytest.mark.parametrize("kept", range(40))
def test_a_line_that_is_cut_is_left_out(tmp_path, kept):
    """As in a run of an earlier version, which was not packed, of a killed process."""
    content = b"q1 Q0 d4 1 2 x\nq1 Q0 d2 2 1 x\nq11 Q0 d3 1 1 x\n"[:kept]
    (tmp_path / "run.trec").write_bytes(content)
    whole = ["d4", "d2"][: content.count(b"\n")]
    assert read_lists(tmp_path / "run.trec", ["q1"]) == ({"q1": whole} if whole else {})


@pytest.mark.parametrize(
    "damage",
    # without the time, which would give each worker another name of the test
    [b"", b"no archive", gzip.compress(b"q1 Q0 d4 1 2 x\n", mtime=0)[:-9]],
)
def test_a_damaged_run_has_no_lists(tmp_path, damage):
    (tmp_path / "run.trec.gz").write_bytes(damage)
    assert read_lists(tmp_path / "run.trec.gz", ["q1"]) == {}


def test_one_cell_is_a_report(tmp_path):
    outputs = write_page_cells(tmp_path, Grid({"elr": 0.0}, ratios=(0.4,), seeds=(1,), queries=8))
    page = report(outputs, tmp_path / "report", Plan(None, None))
    assert page.content["tables"].keys() == {"results", "ranks"}
    assert page.content["tables"]["results"]["rows"][0][6][1] is None
    assert "1 of 1 groups has a single seed and therefore no standard deviation." in page.text
    assert "significantly" not in page.text.split("Results")[0]
    assert len(page.content["queries"]["conditions"][0]["queries"]) == 8


@pytest.mark.usefixtures("undrawn")
def test_a_partial_grid_lists_what_is_missing(outputs, tmp_path):
    copied = shutil.copytree(outputs, tmp_path / "outputs")
    for path in copied.glob("toy/static/cross_entropy/semantic-0.4/*/scores.json"):
        path.unlink()
    (copied / "toy/static/elr/semantic-0/seed-1/scores.json").write_text("{")
    page = report(copied, tmp_path / "report")
    assert "3 cells are not finished. They are listed below" in page.text
    assert "1 cell is damaged. It is listed below" in page.text
    assert "toy/static/cross_entropy/semantic-0.4/seed-2 interrupted" in page.text
    assert "toy/static/elr/semantic-0/seed-1 damaged" in page.text
    condition = next(
        found
        for found in page.content["queries"]["conditions"]
        if (found["dataset"], found["ratio"]) == ("toy", 0.4)
    )
    assert condition["losses"] == ["label_weakening", "elr"]


@pytest.mark.usefixtures("undrawn")
def test_a_large_report_stays_small(outputs, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS", 10)
    monkeypatch.setattr(queries, "CONDITIONS", 2)
    page = report(outputs, tmp_path / "report")
    assert {row[1] for row in page.content["tables"]["comparisons"]["rows"]} == {"nDCG@10"}
    assert (
        "Only nDCG@10 is shown; comparisons.csv has all measures."
        in page.content["tables"]["comparisons"]["caption"]
    )
    assert [
        (found["dataset"], found["ratio"]) for found in page.content["queries"]["conditions"]
    ] == [("other", 0.4), ("toy", 0.4)]
    assert "4 more conditions are not shown here" in page.text
