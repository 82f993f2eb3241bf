"""Runs of other systems are shown by measures, without noise, model and loss."""

import re
import sys

import pytest
from page_reading import Page

import report

ONE = "q1 Q0 d2 1 2.0 x\nq2 Q0 d3 1 1.0 x\n"
TWO = "q1 Q0 d1 1 2.0 x\nq2 Q0 d4 1 1.0 x\nq3 Q0 d5 1 1.0 x\n"
QRELS = "q1 0 d1 1\nq2 0 d4 1\nq3 0 d5 2\n"


@pytest.fixture
def shown(tmp_path, monkeypatch, capsys):
    """What report.py prints of two systems; the report is in out/."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"one.trec": ONE, "two.trec": TWO, "qrels.txt": QRELS}.items():
        (tmp_path / name).write_text(content)
    measures = ["--measure", "RR@10", "--measure", "nDCG@10", "--resamples", "300"]
    runs = ["--runs", "one=one.trec", "two=two.trec", "--qrels", "qrels.txt"]
    monkeypatch.setattr(sys, "argv", ["report.py", *runs, *measures, "--out", "out", "--terminal"])
    assert report.main() == 0
    return capsys.readouterr().out


def test_tables_have_a_row_for_each_system(shown, tmp_path):
    tables = tmp_path / "out" / "tables"
    assert {path.stem for path in tables.iterdir()} == {"systems", "differences"}
    lines = (tables / "systems.md").read_text().splitlines()
    assert lines[2] == "| system | RR@10 | nDCG@10 |"
    assert [line.split()[1] for line in lines[4:]] == ["two", "one"]  # the best first
    assert not {"noise", "loss", "ratio"} & set(re.findall(r"\w+", shown))


def test_sheets_have_no_columns_for_what_is_unknown(shown, tmp_path):
    heads = {
        path.stem: path.read_text().splitlines()[0].split(",")
        for path in (tmp_path / "out").rglob("*.csv")
    }
    assert heads["groups"] == ["dataset", "system", "measure", "seeds", "mean", "sd"]
    assert not {"noise", "model", "loss", "ratio"} & {
        name for names in heads.values() for name in names
    }


def test_the_page_speaks_of_systems(shown, tmp_path):
    page = Page(tmp_path / "out")
    labels = {
        name: [column["label"] for column in found["columns"]]
        for name, found in page.content["tables"].items()
    }
    assert labels["results"] == ["system", "seeds", "RR@10", "nDCG@10"]
    assert labels["comparisons"][:4] == ["measure", "system", "other", "verdict"]
    assert set(labels) == {"results", "comparisons"}
    assert "two has the best RR@10 (1.0000)" in page.text
    assert re.search(r"two minus one: \+1\.0000 \(95 % interval .*\)", page.text)
    assert not re.search(r"\b(noise ratio|loss|losses|model|Wrong)\b", page.text)


def test_two_families_of_comparisons_are_told_apart(shown, tmp_path, monkeypatch):
    del shown  # its files are used
    (tmp_path / "three.trec").write_text("q1 Q0 d1 1 2.0 x\n")
    runs = ["--runs", "one=one.trec", "two=two.trec", "three=three.trec", "--qrels", "qrels.txt"]
    options = ["--focus", "two", "--resamples", "300", "--out", "out"]
    monkeypatch.setattr(sys, "argv", ["report.py", *runs, *options])
    assert report.main() == 0
    table = Page(tmp_path / "out").content["tables"]["comparisons"]
    assert table["columns"][0]["label"] == "family"
    assert {row[0] for row in table["rows"]} == {"baseline", "focus"}
