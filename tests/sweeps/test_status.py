"""States of cells, their lock, and the records of failures: what a sweep knows about itself."""

import json
import os
import subprocess
import sys

import pytest
from cell_runs import ROOT, SMALL, composed, run
from small_collection import write_small_collection

import cells.training.fit
from cells.planning.states import State, remaining_seconds, states_in, states_of
from cells.record import failures
from cells.record.lock import BusyError, lock_file, locked, owner
from cells.sweep.attempt import attempt

CELL = "demo/static/ce/none-0/seed-1"


def test_a_lock_keeps_others_out_and_leaves_no_file(tmp_path):
    path = lock_file(tmp_path, CELL)
    with locked(path):
        assert f"process {os.getpid()} on " in owner(path)
        with pytest.raises(BusyError, match=f"process {os.getpid()} on .* since 20"), locked(path):
            pass
    assert owner(path) is None
    assert list(path.parent.iterdir()) == []


def test_a_lock_dies_with_its_owner(tmp_path):
    path = lock_file(tmp_path, CELL)
    program = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from "
        f"cells.record.lock import locked\nwith locked(Path({str(path)!r})): "
        f"os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert owner(path) is None
    with locked(path):
        pass
    assert not path.exists()


def test_many_processes_take_turns(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; from "
        f"cells.record.lock "
        f"import BusyError, locked\nlog, taken = Path({str(tmp_path / 'log')!r}), 0\nwhile taken < "
        f"100:\n    try:\n        with locked(Path({str(tmp_path / 'a.lock')!r})):\n            "
        "number = int(log.read_text()) if log.exists() else 0\n            "
        "log.write_text(str(number + 1)); taken += 1\n    except BusyError: pass\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "300"
    assert not (tmp_path / "a.lock").exists()


def test_states(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").touch()
    (tmp_path / "a" / "scores.json").write_text(
        json.dumps({"measures": {"AP": 0.5}, "wall_seconds": {"train": 20.0, "evaluate": 10.0}})
    )
    failures.record(tmp_path, "d", ValueError("first line\nlast line"))
    with locked(lock_file(tmp_path, "b")):
        found = states_in(tmp_path)
    assert [state.state for state in found] == ["done", "running", "interrupted", "failed"]
    assert found[3].detail.startswith("ValueError: first line (20")
    assert states_of(tmp_path, ["e"])[0] == State("e", "missing", found[2].detail, found[2].seconds)
    assert remaining_seconds(found) == 90
    assert remaining_seconds(found[1:]) is None


@pytest.fixture
def small(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    return ["dataset=folder", f"dataset.path={folder}", *SMALL, "trainer.max_epochs=1"]


def test_a_sweep_goes_on_after_a_failure_and_names_it(tmp_path, small):
    named = ["loss=cross_entropy", "variant=batch-${batch.size}"]
    grid = [*named, "batch.size=16,5000", "noise.ratio=0.2,0.4"]  # 5000 are too few pairs
    swept = run("-m", *small, *grid, cwd=tmp_path)
    assert swept.returncode == 1
    assert "2 of the sweep's cells failed" in swept.stdout
    for name in ("cross_entropy-batch-5000/semantic-0.2", "cross_entropy-batch-5000/semantic-0.4"):
        assert f"tiny/static/{name}/seed-1: InputError: " in swept.stdout
    assert len(list(tmp_path.rglob("scores.json"))) == 2
    assert "Traceback" not in swept.stdout + swept.stderr
    shown = run("-m", *small, *grid, "seed=1,2", "task=status", cwd=tmp_path, COLUMNS="300")
    assert "2 done, 2 failed, 4 missing" in shown.stdout
    assert "batch.size=5000" in shown.stdout
    grid = [*named, "batch.size=5000,16", "seed=3,4", "on_error=stop"]
    stopped = run("-m", *small, *grid, cwd=tmp_path)
    assert stopped.returncode == 1
    assert stopped.stdout.count("is not started") == 3


@pytest.fixture
def cell_of(tmp_path, small):
    return lambda *overrides: composed(
        *small, f"cache_dir={tmp_path / 'cache'}", f"output_dir={tmp_path / 'out'}", *overrides
    )


def test_a_bug_leaves_its_traceback_in_the_cells_log_and_a_retry_mends_it(
    cell_of, tmp_path, monkeypatch
):
    cfg = cell_of()

    def fail(*_arguments, **_keywords):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(cells.training.fit, "training_loader", fail)
    with pytest.raises(ZeroDivisionError):
        attempt(cfg)
    text = (tmp_path / "out" / cfg.cell / "run.log").read_text()
    assert "Traceback" in text
    assert "ZeroDivisionError: a bug" in text
    assert states_of(tmp_path / "out", [cfg.cell])[0].detail.startswith("ZeroDivisionError: a bug")
    monkeypatch.undo()
    attempt(cfg)
    assert states_of(tmp_path / "out", [cfg.cell])[0].state == "done"


def test_a_cell_that_another_process_runs_is_refused_by_name(cell_of, tmp_path):
    cfg = cell_of()
    with (
        locked(lock_file(tmp_path / "out", cfg.cell)),
        pytest.raises(Exception, match=r"seed-1 is being run by process \d+ on"),
    ):
        attempt(cfg)


def test_a_failure_is_said_even_where_nothing_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv(failures.SWEEP, "a-sweep")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    (tmp_path / "file").touch()  # stands for a folder that takes no files
    failures.record(tmp_path / "file", CELL, OSError("no space"))
    assert [failure.error for failure in failures.of_this_sweep(tmp_path / "file")] == [
        "OSError: no space"
    ]
    failures.forget(tmp_path / "file", CELL)
    assert failures.of_this_sweep(tmp_path / "file") == []
