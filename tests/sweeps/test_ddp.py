"""Two real processes train a cell like one, and write everything once (gloo, on a CPU)."""

import csv
import json

import pytest
from cell_runs import SMALL, run, run_lines
from small_collection import write_small_collection
from test_sweep import wandb_run

TWO = {"fork": ["trainer=ddp_fork"], "subprocess": ["trainer=ddp", "trainer.accelerator=cpu"]}
CELL = "tiny/static/label_weakening_literal-confidence-pair_average/semantic-0.2/seed-1"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("ddp")
    write_small_collection(base / "tiny")
    return base


@pytest.fixture(scope="module")
def start(base):
    arguments = [
        "dataset=folder",
        "dataset.path=tiny",
        *SMALL,
        "loss=label_weakening_literal",
        "loss/confidence=pair_average",
        "logger.every_n_steps=1",
    ]
    return lambda out, *more: run(*more, *arguments, f"output_dir={out}", cwd=base)


@pytest.fixture(scope="module")
def alone(base, start):
    finished = start("alone")
    assert finished.returncode == 0, finished.stderr
    return base / "alone" / CELL


def column(path, name):
    return [float(row[name]) for row in csv.DictReader(path.read_text().splitlines()) if row[name]]


def ranking(cell):
    return [line.split()[:4] for line in run_lines(cell)]


@pytest.mark.parametrize("way", TWO)
def test_two_processes_train_like_one(base, start, alone, way):
    finished = start(way, *TWO[way])
    assert finished.returncode == 0, finished.stderr
    cell = base / way / CELL
    steps = "steps/version_0/metrics.csv"
    assert column(cell / steps, "train/step_loss") == pytest.approx(
        column(alone / steps, "train/step_loss"), abs=1e-5
    )
    assert column(cell / "history.csv", "train/loss") == pytest.approx(
        column(alone / "history.csv", "train/loss"), abs=1e-5
    )
    assert ranking(cell) == ranking(alone)
    scores, expected = (
        json.loads((folder / "scores.json").read_text()) for folder in (cell, alone)
    )
    assert scores["measures"] == pytest.approx(expected["measures"])
    assert {path.name for path in cell.iterdir()} == {path.name for path in alone.iterdir()}
    assert len(list((cell / "steps").iterdir())) == 1


def test_two_processes_mine_the_negatives_of_one(base, start):
    cells = {}
    for name, way in (("mined-alone", []), ("mined-together", TWO["fork"])):
        finished = start(name, "negatives.refresh_every=1", *way)
        assert finished.returncode == 0, finished.stderr
        cells[name] = base / name / CELL
    losses = [column(cell / "history.csv", "train/loss") for cell in cells.values()]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert ranking(cells["mined-alone"]) == ranking(cells["mined-together"])


def test_a_sweep_of_forked_cells_has_one_wandb_run_each(base, start):
    finished = start("sweep", "-m", "trainer=ddp_fork", "logger=wandb", "seed=1,2")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    cells = sorted(path.parent for path in (base / "sweep").rglob("scores.json"))
    assert [cell.name for cell in cells] == ["seed-1", "seed-2"]
    for cell in cells:
        recorded = wandb_run(cell)
        assert recorded.exit_code == 0
        assert recorded.config["seed"] == int(cell.name[-1])
        assert any("validation/nDCG@10" in row for row in recorded.history)


def test_a_sweep_whose_processes_would_repeat_it_is_refused_with_the_ways_out(start):
    refused = start("refused", "-m", "trainer=ddp")
    assert refused.returncode == 1
    assert "hydra/launcher=slurm" in refused.stdout
    assert "trainer=ddp_fork" in refused.stdout
