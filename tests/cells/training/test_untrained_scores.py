"""The scores of the untrained network are kept with the time that they took."""

import json
from types import SimpleNamespace

import pytest

from cells.record.directory import UNTRAINED, Cell
from cells.tasks import train
from cells.training.evaluator import Report
from data.storage.hashed_files import written_hashed


def test_a_continued_cell_knows_how_long_a_test_takes(tmp_path, monkeypatch):
    cell = Cell("a/b", tmp_path, {})
    report = Report({"AP": 0.5}, {"method": "exact"})
    setup = SimpleNamespace(network=None, evaluator=SimpleNamespace(test=lambda _: report))
    times = iter((10.0, 70.0))
    monkeypatch.setattr(train.time, "monotonic", lambda: next(times))
    assert train._untrained(cell, setup) == (report, 60.0)
    assert train._untrained(cell, SimpleNamespace()) == (report, 60.0)


def test_the_file_of_an_earlier_version_is_read(tmp_path):
    cell = Cell("a/b", tmp_path, {})
    cell.file(UNTRAINED).parent.mkdir()
    with written_hashed(cell.file(UNTRAINED)) as aside:
        aside.write_text(json.dumps({"measures": {"AP": 0.5}, "facts": {}}))
    report, seconds = train._untrained(cell, SimpleNamespace())
    assert report.measures == {"AP": pytest.approx(0.5)}
    assert seconds == 0
