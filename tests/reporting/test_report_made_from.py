"""A report says when it compares cells that were made from different files."""

import json

import numpy as np
import pytest

from benchmarks.sweeps.report_synthetic import write_cell
from reporting.reading.cells import read_cells
from reporting.reading.file_contents import different_files

VALUES = {"AP": np.array([0.5, 0.25])}


@pytest.fixture
def written(tmp_path):
    def write(name, **hashes):
        directory = write_cell(tmp_path, name, VALUES)
        scores = json.loads((directory / "scores.json").read_text())
        files = {key.replace("__", "."): {"": digest} for key, digest in hashes.items()}
        scores["made_from"] = {"files": files}
        (directory / "scores.json").write_text(json.dumps(scores))

    return write


def notes(folder):
    return different_files(read_cells(folder).finished)


def test_other_content_under_the_same_key_is_said(tmp_path, written):
    written("toy/m/a/none-0/seed-1", negatives__run="x")
    written("toy/m/b/none-0/seed-1", negatives__run="y")
    written("toy/m/c/none-0/seed-1")
    (note,) = notes(tmp_path)
    assert "negatives.run has another content in toy/m/a/none-0/seed-1 than in toy/m/b" in note


def test_seeds_of_one_loss_are_compared_too(tmp_path, written):
    written("toy/m/a/none-0/seed-1", model__path="x")
    written("toy/m/a/none-0/seed-2", model__path="y")
    assert len(notes(tmp_path)) == 1


def test_what_is_not_compared_may_differ(tmp_path, written):
    written("toy/m/a/none-0/seed-1", model__path="x", noise__audit="1")
    written("toy/m/a/none-0/seed-2", model__path="x", noise__audit="2")
    written("other/m/a/none-0/seed-1", model__path="y")
    written("toy/m/a/none-0.2/seed-1", model__path="z")
    assert notes(tmp_path) == []


def test_records_that_are_no_records_are_passed_over(tmp_path, written):
    for name, record in (("a", 3), ("b", {"files": 3}), ("c", {"files": {"x": 3}})):
        directory = write_cell(tmp_path, f"toy/m/{name}/none-0/seed-1", VALUES)
        scores = json.loads((directory / "scores.json").read_text()) | {"made_from": record}
        (directory / "scores.json").write_text(json.dumps(scores))
    assert notes(tmp_path) == []
