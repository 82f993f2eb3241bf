"""How the plan counts the jobs of a launcher."""

from pathlib import Path

from omegaconf import OmegaConf

from cells.planning.plan import PlannedCell, SweepPlan
from cells.planning.plan_lines import lines_of_plan
from cells.record.written_scores import write_scores


def lines(tmp_path, launcher, *, known=True):
    done = tmp_path / "demo/static/elr/none-0/seed-1"
    if known:
        done.mkdir(parents=True)
        write_scores(done, {"measures": {"AP": 0.5}, "wall_seconds": {"train": 3600.0}})
    cells = [
        PlannedCell(f"demo/{model}/elr/none-0/seed-{n}", Path(tmp_path), False, (), True, None)
        for model, count in (("static", 10), ("minilm", 2))
        for n in range(2, 2 + count)
    ]
    master = OmegaConf.create({"dry_run": True, "keep": [], "hydra": {"launcher": launcher}})
    return list(lines_of_plan(SweepPlan([["a=1"]] * 12, cells), master))


def test_jobs_arrays_and_hours_of_gpus_on_slurm(tmp_path):
    launcher = {
        "array_parallelism": 2,
        "cells_per_job": 3,
        "max_array_size": 3,
        "gpus_per_node": 4,
        "nodes": 1,
    }
    told = lines(tmp_path, launcher)
    assert told[0] == "12 cells: 0 finished, 12 to run"
    assert "10.0 h of work (40.0 h of GPUs), " in told[-3]
    assert "nothing is known of 2 cells" in told[-3]
    assert told[-2] == "4 jobs in 2 arrays, 2 at once"
    assert told[-1] == "dry_run=true: nothing was launched"


def test_cells_at_once_on_one_machine(tmp_path):
    *_, work, shared, _ = lines(tmp_path, {"n_jobs": 4})
    assert "10.0 h of work, " in work
    assert shared == "4 cells at once"


def test_jobs_are_counted_where_nothing_is_known_of_the_time(tmp_path):
    slurm = {"array_parallelism": 16, "max_array_size": 20, "gpus_per_node": None}
    assert lines(tmp_path, slurm, known=False)[-2] == "12 jobs in 1 array, 12 at once"
    assert lines(tmp_path, {"n_jobs": -1}, known=False)[-2].startswith("as many cells at once as")
    assert "at once" not in " ".join(lines(tmp_path, {}, known=False))


def test_a_sweep_of_one_cell_is_told_in_the_singular(tmp_path):
    cell = PlannedCell("demo/static/elr/none-0/seed-1", Path(tmp_path), False, (), True, None)
    master = OmegaConf.create({"dry_run": False, "keep": [], "hydra": {"launcher": {}}})
    assert next(lines_of_plan(SweepPlan([["a=1"]], [cell]), master)) == (
        "1 cell: 0 finished, 1 to run"
    )
