"""Damaged cells of a sweep are named, the others are answered, and the exit status says it."""

import json

import pytest
from cell_runs import SMALL, composed, run
from small_collection import write_small_collection

from cells.planning.states import states_in
from cells.record import failures
from cells.record.directory import Cell
from cells.record.written_scores import read_scores, write_scores
from cells.sweep.callback import Sweep
from cells.sweep.skip import needs_no_job
from errors import InputError


@pytest.fixture
def grid(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    places = [f"output_dir={tmp_path / 'out'}", f"cache_dir={tmp_path / 'cache'}"]
    return ["dataset=folder", f"dataset.path={folder}", *places, *SMALL]


def finished(grid, seed):
    cell = Cell.of(composed(*grid, f"seed={seed}"))
    cell.claim(overwrite=False)
    write_scores(cell.directory, {"measures": {"nDCG@10": 0.5}, "seed": seed})
    return cell


def test_damaged_cells_do_not_stop_a_sweep_nor_pass_unsaid(grid, tmp_path):
    cells = {seed: finished(grid, seed) for seed in (1, 2, 3, 4)}
    cells[1].file("scores.json").write_text('{"measures": {"nDCG@10": 0.5')
    cells[2].file("config.yaml").write_text("a: b: c")
    scores = cells[3].file("scores.json").read_text()
    cells[3].file("scores.json").write_text(scores.replace("0.5", "0.9"))
    swept = run("-m", *grid, "seed=1,2,3,4", cwd=tmp_path)
    assert swept.returncode == 1
    assert "Traceback" not in swept.stdout + swept.stderr
    assert "4 cells: 1 finished, 3 to run" in swept.stdout
    assert "3 of the sweep's cells failed" in swept.stdout
    assert "scores.json cannot be read" in swept.stdout
    assert "config.yaml cannot be read" in swept.stdout
    assert "its checksum differs" in swept.stdout
    found = {state.cell[-1]: state.state for state in states_in(tmp_path / "out")}
    assert found == {"1": "damaged", "2": "done", "3": "damaged", "4": "done"}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"cell": 3}', '{"cell": "a"}', "\x00", '"a"']
)
def test_a_damaged_record_of_a_failure_is_a_failure_all_the_same(tmp_path, monkeypatch, content):
    monkeypatch.setenv(failures.SWEEP, "this")
    failures.record(tmp_path, "a/b", ValueError("no"))
    (path,) = (tmp_path / failures.FOLDER).iterdir()
    path.write_text(content)
    (failure,) = failures.of_this_sweep(tmp_path)
    assert failure.cell == "a/b"
    assert str(path) in failure.error
    assert [state.state for state in states_in(tmp_path)] == ["failed"]
    with pytest.raises(SystemExit):
        Sweep().on_multirun_end(composed(f"output_dir={tmp_path}"))
    failures.forget(tmp_path, "a/b")
    Sweep().on_multirun_end(composed(f"output_dir={tmp_path}"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"measures": {}}, "holds no measures"),
        ({"measures": {"nDCG@10": "0.5"}}, "not a finite number"),
        ({"measures": {"nDCG@10": None}}, "not a finite number"),
        ({"seed": 2}, "was changed after it was written"),
        ({"checksum": "x"}, "was changed after it was written"),
    ],
)
def test_scores_that_are_not_what_was_written_are_refused(grid, change, reason):
    cell = finished(grid, 1)
    scores = read_scores(cell.directory)
    cell.file("scores.json").write_text(json.dumps(scores | change))
    with pytest.raises(InputError, match=reason):
        read_scores(cell.directory)
    assert not needs_no_job(composed(*grid, "seed=1"))


def test_scores_of_earlier_versions_have_no_checksum(grid):
    cell = finished(grid, 1)
    scores = read_scores(cell.directory)
    del scores["checksum"]
    cell.file("scores.json").write_text(json.dumps(scores))
    assert needs_no_job(composed(*grid, "seed=1"))
