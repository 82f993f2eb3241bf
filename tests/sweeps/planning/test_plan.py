"""What a sweep says before it launches anything, and what it refuses to launch."""

import pytest
from cell_runs import composed, run

from cells.configuration.missing_files import missing_files
from cells.planning import fitness
from cells.planning.refusals import refuse_clashes
from cells.planning.variants import variants
from cells.record.directory import Cell
from cells.record.stored_config import write_config
from cells.record.written_scores import write_scores
from errors import InputError

SWEPT = ["loss=elr,focal", "optimizer.lr=1e-2,5e-2"]


@pytest.fixture
def finished(tmp_path):
    """Makes a finished cell of the given configuration, without running it."""

    def of(*overrides):
        cell = Cell.of(composed(f"output_dir={tmp_path / 'outputs'}", *overrides))
        cell.directory.mkdir(parents=True)
        write_config(cell.directory, cell.config)
        scores = {"measures": {"nDCG@10": 0.5}, "wall_seconds": {"train": 90.0}}
        write_scores(cell.directory, scores)
        return cell

    return of


def planned(tmp_path, *arguments):
    return run("-m", f"output_dir={tmp_path / 'outputs'}", *arguments, cwd=tmp_path)


def test_a_dry_run_tells_cells_time_and_names_and_launches_nothing(tmp_path, finished):
    cell = finished("loss=elr", "seed=1")
    for name, size in {"run.trec.gz": 2_000_000, "checkpoints/best.safetensors": 5_000_000}.items():
        cell.file(name).parent.mkdir(exist_ok=True)
        cell.file(name).write_bytes(bytes(size))
    told = planned(tmp_path, "loss=elr,focal", "seed=1,2", "keep=[runs]", "dry_run=true")
    assert told.returncode == 0, told.stderr
    assert "4 cells: 1 finished, 3 to run" in told.stdout
    assert "  demo/static/focal/semantic-0.2/seed-2" in told.stdout
    assert "by finished cells of the same data set and model: 4.5 min of work, 6.0" in told.stdout
    assert cell.file("checkpoints/best.safetensors").exists()
    assert len(list((tmp_path / "outputs").rglob("config.yaml"))) == 1


@pytest.mark.parametrize(
    ("task", "swept", "names"),
    [
        ("suspects", "task.share=0.1,0.3", ("cross_entropy-share-0.1", "cross_entropy-share-0.3")),
        ("retrieve_bm25", "evaluation.depth=50,100", ("bm25-depth-50", "bm25-depth-100")),
        ("noise", "noise.K=5,10", ("semantic-K-5-0.2", "semantic-K-10-0.2")),
    ],
)
def test_tasks_that_do_not_train_name_their_cells_too(tmp_path, task, swept, names):
    told = planned(tmp_path, f"task={task}", "loss=cross_entropy", swept, "dry_run=true")
    assert told.returncode == 0, told.stderr
    assert all(f"/{name}" in told.stdout for name in names), told.stdout


def test_a_sweep_asks_about_cells_or_runs_them(tmp_path):
    refused = planned(tmp_path, "task=train,clear_failures", "dry_run=true")
    assert refused.returncode == 1
    assert "task=clear_failures: a sweep either asks about its cells or runs" in refused.stderr


def test_swept_keys_that_no_path_shows_name_the_cells(tmp_path):
    told = planned(tmp_path, *SWEPT, "dry_run=true")
    for loss in ("elr", "focal"):
        for rate in ("0.01", "0.05"):
            assert f"demo/static/{loss}-lr-{rate}/semantic-0.2/seed-1" in told.stdout
    shown = planned(tmp_path, *SWEPT, "task=status", "task.cells=all")
    assert "missing      demo/static/focal-lr-0.05/semantic-0.2/seed-1" in shown.stdout


def test_a_variant_that_does_not_tell_cells_apart_is_refused_with_one_that_does(tmp_path):
    told = planned(tmp_path, *SWEPT, "variant=mine")
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "do not show optimizer.lr" in told.stderr
    assert "variant='lr-${optimizer.lr}'" in told.stderr
    assert not (tmp_path / "outputs").exists()


def test_cells_that_would_meet_another_configuration_are_refused_once(tmp_path, finished):
    for seed in (1, 2):
        finished("loss=elr", f"seed={seed}")
    told = planned(tmp_path, "loss=elr,focal", "seed=1,2", "optimizer.lr=0.05")
    assert told.returncode == 1
    assert "the directories of 2 of 4 cells hold another configuration" in told.stderr
    assert "elr/semantic-0.2/seed-1 and 1 more: optimizer.lr (there: 0.02, here: 0.05)" in (
        told.stderr
    )
    assert "variant='lr-${optimizer.lr}'" in told.stderr
    assert len(list((tmp_path / "outputs").rglob("config.yaml"))) == 2


def test_a_value_that_cannot_work_is_refused_before_anything_is_launched(tmp_path):
    told = planned(tmp_path, "noise.ratio=0,1.5", "seed=1,2")
    assert told.returncode == 1
    assert "nothing was launched" in told.stderr
    assert "noise.ratio=1.5" in told.stderr
    assert not (tmp_path / "outputs").exists()


def test_losses_that_cannot_be_trained_are_refused_together_before_anything_is_launched(tmp_path):
    told = planned(tmp_path, "loss=elr,margin_mse,rince", "seed=1,2", "dry_run=true")
    assert told.returncode == 1
    assert told.stderr.startswith("nothing was launched, because 2 of 6 cells cannot work:\n")
    assert "margin_mse/semantic-0.2/seed-1 and 1 more: loss=margin_mse needs a t" in told.stderr
    assert not (tmp_path / "outputs").exists()


def test_files_that_do_not_exist_are_refused_by_name_before_anything_is_launched(tmp_path):
    told = planned(
        tmp_path, "dataset=demo", "teacher=null,gone.trec.gz", "model.path=./x", "seed=1,2"
    )
    assert told.returncode == 1
    assert "cells need what does not exist" in told.stderr
    assert "  teacher=gone.trec.gz (e.g. demo/static/" in told.stderr
    assert "  model.path=./x (e.g. demo/static/" in told.stderr
    assert not (tmp_path / "outputs").exists()


def test_a_hubs_name_is_not_taken_for_a_missing_folder():
    assert missing_files(composed("model=minilm", "model.path=intfloat/e5-small")) == []
    assert missing_files(composed("noise.audit=a.tsv")) == ["noise.audit=a.tsv"]


def test_a_fault_that_nobody_explained_is_left_to_its_cell(monkeypatch):
    def checked(_cfg):
        raise ValueError("a class of one's own")

    monkeypatch.setattr(fitness, "check_types", checked)
    assert fitness.fault_of(composed()) is None


def test_values_without_a_short_form_are_left_to_the_user():
    with pytest.raises(InputError, match="variant=<word>"):
        refuse_clashes({"a/b": ["model.path (there: null, here: /a folder/with/an encoder)"]}, 1)


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (["optimizer.lr=1e-5"], ["optimizer.lr=0.05"], ["lr-1e-05", "lr-0.05"]),
        (["teacher=null"], ["teacher=a/b.trec"], ["teacher-null", "teacher-b.trec"]),
        (["noise/encoder=lsa"], ["noise/encoder=minilm"], ["encoder-lsa", "encoder-minilm"]),
        (["+betas=[0.9,0.99]"], ["+betas=[0.8,0.9]"], ["betas-0.9-0.99", "betas-0.8-0.9"]),
        (["a.x=1", "b.x=true"], ["a.x=2", "b.x=false"], ["a-x-1-b-x-true", "a-x-2-b-x-false"]),
    ],
)
def test_names_of_values(first, second, names):
    assert variants([first, second], ["one path"] * 2) == names


def test_values_that_look_alike_get_different_names():
    jobs = [["model.path=/a/best"], ["model.path=/b/best"], ["model.path='x y'"]]
    names = variants(jobs, ["one path"] * 3)
    assert len(set(names)) == 3
    assert all(name.startswith("path-") and " " not in name and len(name) <= 40 for name in names)
    assert variants(jobs, ["a", "b", "c"]) is None
