"""Variants of a loss, such as learning rates: what is best on validation, and a report on it."""

import csv
import json

import numpy as np
import pytest

from benchmarks.sweeps.report_synthetic import write_cell
from cells.record.written_scores import write_scores
from errors import InputError
from report import main
from reporting.page.tables import PageColumn
from reporting.page.variant_table import variant_table
from reporting.reading.cells import read_cells
from reporting.statistics.analysis import analyse
from reporting.statistics.comparisons import Plan
from reporting.statistics.tried_variants import (
    choices_in_words,
    only_chosen,
    tried_variants,
    unequal_budgets,
)

VALIDATION = {
    ("elr", None, 1): 0.5,
    ("elr", "lr-0.1", 1): 0.6,
    ("elr", "lr-0.1", 2): 0.1,  # a seed that the other variant lacks
    ("focal", "lr-0.1", 1): 0.3,
    ("focal", "lr-0.2", 1): 0.3,
}
TEST = {"lr-0.2": 0.9}
"""The variant of focal that is best on the test split only."""


@pytest.fixture
def outputs(tmp_path):
    for (loss, variant, seed), value in VALIDATION.items():
        method = loss if variant is None else f"{loss}-{variant}"
        tested = TEST.get(variant, 0.4)
        directory = write_cell(
            tmp_path / "outputs",
            f"toy/static/{method}/semantic-0.4/seed-{seed}",
            {"nDCG@10": np.array([tested, tested, tested + seed / 100])},
        )
        config = json.loads((directory / "config.yaml").read_text())
        config |= {"variant": variant, "choices": config["choices"] | {"loss": loss}}
        (directory / "config.yaml").write_text(json.dumps(config))
        scores = json.loads((directory / "scores.json").read_text())
        scores.pop("checksum", None)
        write_scores(directory, scores | {"validation": {"nDCG@10": value}})
    return tmp_path / "outputs"


def test_the_best_on_validation_is_chosen_over_shared_seeds(outputs):
    tried = tried_variants(read_cells(outputs).finished, "nDCG@10")
    assert [each[1:] for each in tried] == [
        ("elr", None, (1,), 0.5, False),
        ("elr", "lr-0.1", (1, 2), 0.6, True),
        ("focal", "lr-0.1", (1,), 0.3, True),
        ("focal", "lr-0.2", (1,), 0.3, False),
    ]
    assert list(choices_in_words(tried, "nDCG@10")) == [
        "toy, static, semantic 0.4: best nDCG@10 on validation, "
        "elr lr-0.1 (0.600) and focal lr-0.1 (0.300)."
    ]
    assert len(list(unequal_budgets(tried))) == 1


def test_losses_stand_for_their_chosen_variants(outputs):
    cells = read_cells(outputs).finished
    chosen = only_chosen(cells, tried_variants(cells, "nDCG@10"))
    assert [(cell.loss, cell.variant, cell.name) for cell in chosen] == [
        ("elr", None, "toy/static/elr-lr-0.1/semantic-0.4/seed-1"),
        ("elr", None, "toy/static/elr-lr-0.1/semantic-0.4/seed-2"),
        ("focal", None, "toy/static/focal-lr-0.1/semantic-0.4/seed-1"),
    ]


def test_a_measure_that_validation_lacks_chooses_nothing(outputs):
    cells = read_cells(outputs).finished
    tried = tried_variants(cells, "AP")
    assert not any(each.chosen for each in tried)
    with pytest.raises(
        InputError, match=r"--tuned: cells of elr under toy, static, semantic, 0\.4"
    ):
        only_chosen(cells, tried)


def test_the_page_shows_what_was_tried(outputs):
    cells = read_cells(outputs)
    analysis = analyse(cells, Plan(None, None))
    assert variant_table(analysis) == []
    [table] = variant_table(analysis._replace(variants=tried_variants(cells.finished, "nDCG@10")))
    assert table.columns[-1] == PageColumn("nDCG@10 on validation", "score")
    assert [row[4:] for row in table.rows[:2]] == [
        ["elr", "usual", 1, [0.5, None, False, 0]],
        ["elr", "lr-0.1", 2, [0.6, None, True, 0]],
    ]
    assert "report.py --tuned" in table.caption


def test_the_command_compares_the_losses_at_their_best(outputs, tmp_path, monkeypatch, capsys):
    out = tmp_path / "report"
    arguments = ["report.py", str(outputs), "--tuned", "--out", str(out), "--resamples", "10"]
    monkeypatch.setattr("sys.argv", [*arguments, "--terminal"])
    monkeypatch.setattr("reporting.page.write_page", lambda *_: None)
    assert main() == 0
    shown = capsys.readouterr().out
    assert "best nDCG@10 on validation, elr lr-0.1" in shown
    assert "were not tried with the same variants" in shown
    rows = {}
    for name in ("groups", "variants"):
        with (out / f"{name}.csv").open() as file:
            rows[name] = list(csv.DictReader(file))
    assert [(row["loss"], row["seeds"]) for row in rows["groups"]] == [
        ("elr", "1 2"),
        ("focal", "1"),
    ]
    assert float(rows["groups"][1]["mean"]) < 0.5  # the test split has no say
    assert [row["chosen"] for row in rows["variants"]] == ["False", "True", "True", "False"]
    assert json.loads((out / "report.json").read_text())["plan"]["tuned"] is True
