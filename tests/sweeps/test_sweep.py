"""A sweep as a user starts it: one process, a grid of cells, each with a W&B run of its own."""

import json

import pytest
from cell_runs import SMALL, run
from omegaconf import OmegaConf
from small_collection import write_small_collection
from wandb_records import read_offline_run

pytestmark = pytest.mark.xdist_group("sweep")  # the sweep runs once


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    base = tmp_path_factory.mktemp("sweep")
    folder = write_small_collection(base / "tiny")
    grid = [
        "loss=cross_entropy,label_weakening",
        "noise.ratio=0.0,0.4",
        "seed=1,2",
        "logger=wandb",
        "trainer.max_epochs=1",
    ]
    arguments = ["-m", "dataset=folder", f"dataset.path={folder}", *SMALL, *grid]
    return base, arguments, run(*arguments, cwd=base)


def cells(base):
    return sorted(path.parent for path in (base / "outputs").rglob("scores.json"))


def wandb_run(cell):
    (log,) = cell.glob("wandb/offline-run-*/run-*.wandb")
    return read_offline_run(log)


def test_each_cell_has_a_directory_of_its_own(sweep):
    base, _, finished = sweep
    assert finished.returncode == 0, finished.stderr
    names = sorted(cell.relative_to(base / "outputs").as_posix() for cell in cells(base))
    assert names == sorted(
        f"tiny/static/{loss}/semantic-{ratio}/seed-{seed}"
        for loss in ("cross_entropy", "label_weakening")
        for ratio in ("0", "0.4")
        for seed in (1, 2)
    )


def test_a_cell_says_that_it_begins_and_its_result_and_its_log_the_rest(sweep):
    base, _, finished = sweep
    name = "tiny/static/cross_entropy/semantic-0.4/seed-2"
    lines = finished.stdout.splitlines()
    begun = lines.index(f"{name} ...")
    assert lines[begun + 1].startswith(f"{name}: ")
    assert "train ..." not in lines
    said = (base / "outputs" / name / "run.log").read_text()
    assert "train ..." in said
    assert "recorded offline; to upload: wandb sync" in said


def test_each_cell_has_a_wandb_run_with_its_own_configuration_and_results(sweep):
    runs = {cell: wandb_run(cell) for cell in cells(sweep[0])}
    assert len({recorded.run_id for recorded in runs.values()}) == 8
    for cell, recorded in runs.items():
        config = OmegaConf.to_container(OmegaConf.load(cell / "config.yaml"))
        assert {key: recorded.config[key] for key in config} == config
        scores = json.loads((cell / "scores.json").read_text())
        for measure, value in scores["measures"].items():
            assert recorded.summary[measure] == pytest.approx(value)
        assert recorded.name == "/".join(cell.parts[-5:])
        assert recorded.exit_code == 0
        dataset, model, loss, noise, seed = cell.parts[-5:]
        assert recorded.group == f"{dataset}/{model}/{loss}/{noise}"  # W&B averages over its seeds
        assert (recorded.job_type, recorded.tags) == ("train", [dataset, model, loss, noise])
        assert {key: recorded.config["grid"][key] for key in ("loss", "ratio")} == {
            "loss": loss,
            "ratio": float(noise.split("-")[1]),
        }
        assert f"seed-{recorded.config['grid']['seed']}" == seed
        logged = {key for row in recorded.history for key in row}
        assert logged >= {
            "noise/corrupted_labels/path",
            "noise/corrupted_labels/nrows",
            "test/per_query/path",
        }
        assert "run" in recorded.artifacts
        assert any("validation/nDCG@10" in row for row in recorded.history)


def test_epochs_and_steps_have_an_axis_each(sweep):
    recorded = wandb_run(cells(sweep[0])[0])
    assert recorded.axes["validation/*"] == recorded.axes["train/*"] == "epoch"
    assert recorded.axes["train/step_loss"] == recorded.axes["lr"] == "step"
    epochs = [row for row in recorded.history if "validation/nDCG@10" in row]
    assert [row["epoch"] for row in epochs] == [0]
    assert all("trainer/global_step" not in row for row in recorded.history)
    assert not any(key.startswith("lr-") for row in recorded.history for key in row)


def test_the_summary_has_the_best_epoch_and_the_last(sweep):
    cell = cells(sweep[0])[0]
    summary, scores = wandb_run(cell).summary, json.loads((cell / "scores.json").read_text())
    for name, value in scores["validation"].items():
        assert summary[f"validation/{name}"] == pytest.approx(value)
        assert f"last/validation/{name}" in summary


def test_the_same_sweep_again_only_says_that_it_is_done(sweep):
    base, arguments, _ = sweep
    before = {cell: (cell / "scores.json").stat().st_mtime_ns for cell in cells(base)}
    again = run(*arguments, cwd=base)
    assert again.returncode == 0
    assert again.stdout.count("is finished") == 8
    assert {cell: (cell / "scores.json").stat().st_mtime_ns for cell in cells(base)} == before


def test_a_failing_cell_is_recorded_as_failed(sweep):
    base, arguments, _ = sweep
    failed = run(*arguments[1:3], *SMALL, "logger=wandb", "batch.size=5000", cwd=base)
    assert failed.returncode != 0
    assert "batch.size=5000" in failed.stderr
    assert (
        wandb_run(base / "outputs/tiny/static/label_weakening/semantic-0.2/seed-1").exit_code == 1
    )


def test_cells_that_run_two_at_once_have_a_wandb_run_each(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    grid = [
        "loss=cross_entropy,elr",
        "seed=1,2",
        "batch.size=16,5000",
        "variant=batch-${batch.size}",
        "logger=wandb",
        "trainer.max_epochs=1",
    ]
    local = ["hydra/launcher=local", "hydra.launcher.n_jobs=2"]
    finished = run(
        "-m", *local, "dataset=folder", f"dataset.path={folder}", *SMALL, *grid, cwd=tmp_path
    )
    assert finished.returncode == 1
    assert "4 of the sweep's cells failed" in finished.stdout
    runs = {path.parent: wandb_run(path.parent) for path in tmp_path.rglob("config.yaml")}
    assert len({recorded.run_id for recorded in runs.values()}) == 8
    for cell, recorded in runs.items():
        config = OmegaConf.to_container(OmegaConf.load(cell / "config.yaml"))
        assert {key: recorded.config[key] for key in config} == config
        assert recorded.name == "/".join(cell.parts[-5:])
        # larger than the collection: the cell raises
        assert recorded.exit_code == int(config["batch"]["size"] == 5000)
        assert (cell / "scores.json").exists() == (recorded.exit_code == 0)
