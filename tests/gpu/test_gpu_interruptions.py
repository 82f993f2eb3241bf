"""Cells that end early on a GPU: killed, out of its memory, or two on one card."""

import json

import pytest
import torch
from cell_runs import run
from devices import DEVICES, needs_gpu

from cells.sweep.attempt import attempt
from cells.training import checkpoints
from errors import InputError
from lightning_modules.networks.network import Retriever
from lightning_modules.training.callbacks import read_history

KILLED_AFTER = 8  # of 12 steps in two epochs
FULL = "CUDA out of memory. Tried to allocate 2.00 GiB."


class Killed(BaseException):
    """What no one catches."""


@pytest.fixture
def near():
    """How near a continued cell comes to an undisturbed one: a GPU's sums have no order."""
    return {"cpu": 0.0, "gpu": 0.005}


@pytest.mark.parametrize("accelerator", DEVICES)
def test_a_killed_cell_continues_to_the_scores_of_an_undisturbed_one(
    accelerator, run_cell, monkeypatch, near
):
    keys = [f"trainer.accelerator={accelerator}", "trainer.precision=32-true", "checkpoint.steps=1"]
    expected, _ = run_cell("minilm", *keys, "variant=undisturbed")
    with monkeypatch.context() as patch:
        end = checkpoints.Checkpoints.on_train_batch_end

        def kill(self, trainer, *arguments):
            end(self, trainer, *arguments)
            if trainer.global_step == KILLED_AFTER:
                raise Killed

        patch.setattr(checkpoints.Checkpoints, "on_train_batch_end", kill)
        with pytest.raises(Killed):
            run_cell("minilm", *keys)
    continued, folder = run_cell("minilm", *keys)
    assert continued["measures"] == pytest.approx(
        expected["measures"], abs=near[accelerator], rel=0
    )
    assert [row["epoch"] for row in read_history(folder / "history.csv")] == [0, 1]


@pytest.mark.parametrize("accelerator", DEVICES)
def test_a_cell_out_of_memory_says_what_to_change_and_continues(
    accelerator, config_of, run_cell, monkeypatch, near, caplog
):
    keys = [f"trainer.accelerator={accelerator}", "trainer.precision=32-true", "logger=none"]
    expected, _ = run_cell("minilm", *keys, "variant=undisturbed")
    scores, calls = Retriever.scores, []

    def full(self, batch):
        calls.append(batch)
        if len(calls) == KILLED_AFTER:
            raise torch.OutOfMemoryError(FULL)
        return scores(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Retriever, "scores", full)
        with pytest.raises(InputError, match=r"out of the GPU's memory: 2\.00 GiB") as said:
            attempt(config_of("minilm", *keys))
    assert "model.network.adaptation.recompute=chunks" in str(said.value)
    assert "batch.size=16" in str(said.value)
    caplog.set_level("INFO")
    continued, _ = run_cell("minilm", *keys)
    assert "continuing from" in caplog.text
    assert continued["measures"] == pytest.approx(
        expected["measures"], abs=near[accelerator], rel=0
    )


@needs_gpu
def test_a_gpu_that_is_really_full_ends_the_cell_in_words(config_of, run_cell):
    keys = ["trainer.precision=32-true", "batch.size=64", "logger=none"]
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-5)
    try:
        with pytest.raises(InputError, match="out of the GPU's memory"):
            attempt(config_of("minilm", *keys))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert run_cell("minilm", *keys)[0]["measures"]["nDCG@10"] > 0


@needs_gpu
def test_two_cells_share_a_gpu_under_the_local_launcher(overrides_of, tmp_path):
    sweep = ["-m", "hydra/launcher=local", "hydra.launcher.n_jobs=2", "logger=none"]
    keys = ["loss=cross_entropy,elr", "seed=1,2", "trainer.accelerator=gpu"]
    ended = run(*sweep, *overrides_of("minilm"), *keys, f"output_dir={tmp_path}", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    scores = [json.loads(path.read_text()) for path in tmp_path.rglob("scores.json")]
    assert len(scores) == 4
    assert all(each["measures"]["nDCG@10"] > 0 for each in scores)
