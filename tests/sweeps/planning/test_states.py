"""The states of cells as a user reads them: a matrix, the cells that need somebody, JSON."""

import json

import pytest
from cell_runs import composed, run

from cells.planning.plan import PlannedCell
from cells.planning.state_tables import as_json, lines_of
from cells.planning.states import State, states_in
from cells.record import failures
from cells.tasks.clear_failures import clear_failures
from cells.tasks.status import show_status
from errors import InputError

FOUND = [
    State("nfcorpus/static/elr/none-0/seed-1", "done", seconds=60.0),
    State("nfcorpus/static/elr/none-0/seed-2", "missing"),
    State("nfcorpus/static/focal/none-0/seed-1", "failed", "InputError: " + "long " * 60 + "end"),
]


def text(found, *, every):
    return [line.plain.rstrip() for line in lines_of(found, every=every)]


def test_a_matrix_counts_the_states_of_each_data_set_model_and_loss():
    lines = text(FOUND, every=False)
    assert lines[0].split() == ["done", "failed", "missing"]
    assert lines[1].split() == ["nfcorpus/static/elr", "1", "-", "1"]
    assert lines[2].split() == ["nfcorpus/static/focal", "-", "1", "-"]
    assert lines[-1] == "1 done, 1 failed, 1 missing; about 2.0 min of work left"


def test_an_error_is_shown_whole_and_quiet_cells_only_on_request():
    lines = text(FOUND, every=False)
    assert [line for line in lines if "seed-" in line] == [
        f"failed       nfcorpus/static/focal/none-0/seed-1  {FOUND[2].detail}"
    ]
    assert sum("seed-" in line for line in text(FOUND, every=True)) == 3


def test_json_says_the_same():
    told = json.loads(as_json(FOUND))
    assert [cell["state"] for cell in told["cells"]] == ["done", "missing", "failed"]
    assert told["counts"]["missing"] == 1
    assert told["remaining_seconds"] == 120
    assert told["cells"][1]["seconds"] is None


def test_nothing_is_nothing():
    assert text([], every=True) == ["no cells"]


@pytest.mark.parametrize(
    ("name", "last"),
    [("noised", "qrels/train.tsv"), ("retrieved", "run.trec.gz"), ("retrieved", "run.trec")],
)
def test_tasks_without_scores_are_done_when_their_last_file_is_there(tmp_path, name, last):
    cell = tmp_path / name / "demo" / "seed-1"
    (cell / last).parent.mkdir(parents=True)
    (cell / "config.yaml").touch()
    assert [state.state for state in states_in(tmp_path)] == ["interrupted"]
    (cell / last).touch()
    assert [state.state for state in states_in(tmp_path)] == ["done"]


def test_the_grid_of_the_paper_is_counted_in_json_and_failures_are_forgotten(tmp_path):
    grid = ["-m", "loss=elr,focal", "noise.ratio=0,1.5", "seed=1,2"]
    failed = "demo/static/focal/semantic-1.5/seed-2"
    for cell in (failed, "demo/static/rince/semantic-0/seed-1"):
        failures.record(tmp_path / "outputs", cell, ValueError("a typo"))
    shown = run(*grid, "task=status", "task.format=json", cwd=tmp_path)
    told = json.loads(shown.stdout)
    assert told["counts"]["missing"] == 7
    assert told["counts"]["failed"] == 1
    cleared = run(*grid, "task=clear_failures", cwd=tmp_path)
    assert cleared.stdout.count("is forgotten") == 1
    assert [state.cell for state in states_in(tmp_path / "outputs")] == [
        "demo/static/rince/semantic-0/seed-1"
    ]


def test_each_cell_of_a_sweep_is_looked_up_in_its_own_output_directory(tmp_path, capsys):
    one, other = tmp_path / "one", tmp_path / "other"
    cell = "demo/static/elr/none-0/seed-1"
    grid = [PlannedCell(cell, folder, False, (), True, None) for folder in (one, other)]
    for name in (cell, "demo/static/elr/none-0/seed-2"):
        failures.record(other, name, ValueError("a typo"))
    show_status(composed("task=status", "task.format=json"), grid)
    told = json.loads(capsys.readouterr().out)
    assert [state["state"] for state in told["cells"]] == ["missing", "failed"]
    clear_failures(composed("task=clear_failures"), grid)
    assert [failure.cell for failure in failures.recorded(other)] == [
        "demo/static/elr/none-0/seed-2"
    ]


@pytest.mark.parametrize("seconds", ["0", "1e12", "nan"])
def test_a_table_is_shown_again_after_seconds_that_pass(seconds):
    cfg = composed("task=status", f"task.watch={seconds}")
    with pytest.raises(InputError, match=r"task\.watch=.*at most a day"):
        show_status(cfg)
