"""The page of a report as a browser reads it: numbers, safety, and what is missing."""

import csv
import json
import re
import shutil
from html.parser import HTMLParser

import pytest
import yaml
from page_cells import GRID, HOSTILE, TEXTS, write_page_cells

from benchmarks.sweeps.report_synthetic import Grid
from data import Cache, open_folder
from reporting.page import build, queries, tables, write_page
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import Plan
from reporting.tables.csv_files import write_csvs

PLAN = Plan("cross_entropy", "label_weakening", resamples=200)
SMALL = Grid({"cross_entropy": 0.0, "label_weakening": 0.5}, ratios=(0.4,), seeds=(1,), queries=8)


class Page(HTMLParser):
    """The content of a page: elements, outside references, visible text, data of scripts."""

    def __init__(self, folder):
        super().__init__()
        self.tags, self.references, self.seen, self.scripts, self._inside = [], [], [], [], []
        self.feed((folder / "index.html").read_text(encoding="utf-8"))
        self.text = " ".join(" ".join(self.seen).split())
        self.content = json.loads(self.scripts[0])

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.references += [value for name, value in attrs if name in {"src", "href"} and value]
        self._inside.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data):
        if self._inside[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self._inside[-1:] != ["style"]:
            self.seen.append(data)


def report(outputs, folder, plan=PLAN):
    folder.mkdir()
    analysis = analyse(read_cells(outputs), plan)
    write_csvs(analysis, folder)
    write_page(analysis, folder)
    return Page(folder)


def sheet(folder, name, *keys):
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        return {tuple(row[key] for key in keys): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return write_page_cells(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def folder(outputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "report"
    report(outputs, folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return Page(folder)


@pytest.fixture
def undrawn(monkeypatch):
    """Figures take most of the time and are not what most tests are about."""
    monkeypatch.setattr(build, "charts", lambda _: [])


@pytest.fixture
def small(tmp_path):
    return write_page_cells(tmp_path, SMALL)


def test_results_can_be_computed_from_groups_csv(page, folder):
    groups = sheet(folder, "groups", "dataset", "ratio", "loss", "measure")
    rows = page.content["tables"]["results"]["rows"]
    assert len(rows) == 18
    for dataset, _, _, ratio, loss, seeds, *scores in rows:
        for measure, (mean, sd, best, mark) in zip(GRID.measures, scores, strict=True):
            found = groups[dataset, str(ratio), loss, measure]
            assert (mean, sd, seeds) == (
                round(float(found["mean"]), 4),
                round(float(found["sd"]), 4),
                len(found["seeds"].split()),
            )
            rivals = [
                float(row["mean"])
                for key, row in groups.items()
                if key[:2] == (dataset, str(ratio)) and key[3] == measure
            ]
            assert best == (mean == round(max(rivals), 4))
            assert mark in {-1, 0, 1}


def test_comparisons_can_be_computed_from_comparisons_csv(page, folder):
    found = sheet(folder, "comparisons", "family", "measure", "dataset", "ratio", "loss", "other")
    rows = page.content["tables"]["comparisons"]["rows"]
    assert len(rows) == len(found)
    verdicts = {"True": {1: "better", -1: "worse"}}
    for (
        family,
        measure,
        dataset,
        _,
        _,
        ratio,
        loss,
        other,
        verdict,
        difference,
        interval,
        holm_t,
        _,
        p_t,
        _,
        d,
        counts,
    ) in rows:
        row = found[family, measure, dataset, str(ratio), loss, other]
        assert difference == round(float(row["difference"]), 4)
        assert interval == [round(float(row["low"]), 4), round(float(row["high"]), 4)]
        assert (holm_t, p_t) == (
            float(f"{float(row['holm_t']):.3g}"),
            float(f"{float(row['p_t']):.3g}"),
        )
        assert d == round(float(row["effect_size"]), 4)
        assert counts == [int(row[name]) for name in ("wins", "ties", "losses")]
        sign = 1 if float(row["difference"]) > 0 else -1
        assert verdict == verdicts.get(row["significant"], {}).get(sign, "not significant")


def test_robustness_and_ranks_can_be_computed_from_their_csv_files(page, folder):
    curves = sheet(folder, "curves", "measure", "dataset", "loss", "ratio")
    for measure, dataset, _, _, loss, area, clean, ratio, last, retention in page.content["tables"][
        "robustness"
    ]["rows"]:
        end, begin = (
            curves[measure, dataset, loss, str(ratio)],
            curves[measure, dataset, loss, "0.0"],
        )
        assert [area, last, retention] == [
            round(float(end[name]), 4) for name in ("area", "mean", "retention")
        ]
        assert clean == round(float(begin["mean"]), 4)
    ranks = sheet(folder, "ranks", "measure", "loss")
    for measure, loss, place, conditions, *_ in page.content["tables"]["ranks"]["rows"]:
        assert (place, conditions) == (
            round(float(ranks[measure, loss]["mean_rank"]), 4),
            int(ranks[measure, loss]["conditions"]),
        )


def test_the_summary_says_what_the_csv_files_say(page, folder):
    groups = sheet(folder, "groups", "dataset", "ratio", "loss", "measure")
    curves = sheet(folder, "curves", "measure", "dataset", "loss", "ratio")
    found = sheet(folder, "comparisons", "family", "measure", "dataset", "ratio", "loss")
    assert (
        "54 finished cells: collections other and toy; model static; 3 losses; noise semantic at "
        "ratios 0, 0.2 and 0.4; 3 seeds." in page.text
    )
    value = float(groups["toy", "0.4", "label_weakening", "nDCG@10"]["mean"])
    assert re.search(
        rf"toy, static, semantic: by nDCG@10, .*is best at .*0\.4 \({value:.4f}\)", page.text
    )
    kept = float(curves["nDCG@10", "toy", "label_weakening", "0.4"]["retention"])
    assert (
        f"at ratio 0.4, label_weakening keeps {kept:.1%} of its nDCG@10 without noise" in page.text
    )
    against = [
        row
        for key, row in found.items()
        if key[:2] == ("baseline", "nDCG@10") and key[4] == "label_weakening"
    ]
    above = sum(float(row["difference"]) > 0 for row in against)
    significant = sum(
        row["significant"] == "True" for row in against if float(row["difference"]) > 0
    )
    assert (
        f"label_weakening against cross_entropy: nDCG@10 is higher under {above} of 6 conditions "
        f"(significantly under {significant})" in page.text
    )


def test_the_drill_down_shows_values_documents_and_corrupted_labels(page, folder):
    assert len(TEXTS["d0"]) > 300  # long enough to be cut
    drill = page.content["queries"]
    condition = next(
        found for found in drill["conditions"] if (found["dataset"], found["ratio"]) == ("toy", 0.4)
    )
    assert condition["losses"] == ["label_weakening", "cross_entropy", "elr"]
    collection = drill["collections"]["toy"]
    documents = collection["documents"]
    values = sheet(folder / "per_query", "toy", "measure", "ratio", "loss")
    gains = []
    for query in condition["queries"]:
        means = [float(values["nDCG@10", "0.4", loss][query["id"]]) for loss in condition["losses"]]
        assert [mean for mean, _ in query["values"]] == [round(mean, 6) for mean in means]
        gains.append(means[0] - means[1])
        shift = int(query["id"][1:]) + len("label_weakening") + condition["seed"]
        assert [documents[place][0] for place in query["runs"][0]] == [
            f"d{(shift + rank) % 12}" for rank in range(5)
        ]
        assert [documents[place][0] for place in query["relevant"]] == [
            query["id"].replace("q", "d")
        ]
    assert gains == sorted(gains, reverse=True)
    inserted = next(place for place, (doc_id, _) in enumerate(documents) if doc_id == "d0")
    number, label = condition["audit"][str(inserted)]
    assert (number, label[0], collection["train"][label[1]]) == (
        1,
        "inserted",
        ["t0", "a training query <i>"],
    )
    assert documents[label[2]][0] == "d9"
    assert documents[inserted][1].startswith(HOSTILE.replace(" \u2028", ""))
    assert len(documents[inserted][1]) == 300


def test_texts_cannot_become_parts_of_the_page(page):
    assert page.tags.count("script") == 4  # the data and three files of ours
    assert "img" not in page.tags
    assert "window.harmed" in page.scripts[0]  # the document is there, as data
    assert not any("harmed" in script for script in page.scripts[1:])
    assert "harmed" not in page.text


def test_the_page_needs_nothing_from_elsewhere(page, folder):
    assert all(
        reference.startswith(("#", "data:")) or (folder / reference).is_file()
        for reference in page.references
    )
    assert not re.search(
        r"url\((?!#)|@import|https?://(?!www\.w3\.org)",
        (folder / "index.html").read_text(encoding="utf-8"),
    )


def test_the_same_cells_give_the_same_page(outputs, folder, tmp_path):
    report(outputs, tmp_path / "again")
    assert (tmp_path / "again/index.html").read_bytes() == (folder / "index.html").read_bytes()


def test_configurations_are_shown_by_what_differs(page):
    assert "loss elr losses.elr" not in page.text
    assert "loss : 3 values" in page.text
    assert "loss: _target_: losses.elr" in page.text
    assert "noise: K: 100" in page.text


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
    open_folder(
        str(corpus.parent), cache=Cache(tmp_path / "cache")
    )  # as a cell that is run now would
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
    for name in ("run.trec", "audit.tsv", "history.csv"):
        for path in small.rglob(name):
            path.unlink()
    page = report(small, tmp_path / "report")
    assert all(
        run == []
        for query in page.content["queries"]["conditions"][0]["queries"]
        for run in query["runs"]
    )


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
    assert "3 cells of the sweep are not finished" in page.text
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
