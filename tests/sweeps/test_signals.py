"""Signals end a cell where it can be taken up again, and a second one changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from cell_runs import ROOT, SMALL, composed
from small_collection import write_small_collection
from test_sweep import wandb_run

import cells.inputs.training_inputs
import cells.training.evaluator
from cells.sweep.signals import Interrupted, Interruption
from cells.tasks.train import train
from cells.training import checkpoints

SETTINGS = ("noise.ratio=0.2", "loss=cross_entropy", "logger=none")


@pytest.fixture(scope="module")
def run_cell(tmp_path_factory):
    base = tmp_path_factory.mktemp("signals")
    folder = write_small_collection(base / "tiny")

    def run_it(out):
        cfg = composed(
            "dataset=folder",
            f"dataset.path={folder}",
            f"cache_dir={base / 'cache'}",
            f"output_dir={out}",
            *SMALL,
            *SETTINGS,
        )
        train(cfg)
        return json.loads((out / cfg.cell / "scores.json").read_text())["measures"]

    return run_it


@pytest.fixture(scope="module")
def undisturbed(run_cell, tmp_path_factory):
    return run_cell(tmp_path_factory.mktemp("undisturbed"))


def signalled(monkeypatch, owner, name, signum, *, at_call=1, count=1):
    """Sends this process a signal when a method is called for the n-th time."""
    method, calls = getattr(owner, name), []

    def disturbed(*arguments, **keywords):
        calls.append(1)
        if len(calls) == at_call:
            for _ in range(count):
                os.kill(os.getpid(), signum)
                time.sleep(0.01)
        return method(*arguments, **keywords)

    monkeypatch.setattr(owner, name, disturbed)


def interrupted(run_cell, monkeypatch, out, signum):
    before = [
        signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
    ]
    with pytest.raises(Interrupted) as caught:
        run_cell(out)
    monkeypatch.undo()
    assert caught.value.code == 128 + signum
    assert [
        signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
    ] == before
    assert not list(out.rglob("scores.json"))
    assert not [path for path in out.rglob("*.lock") if path.is_file()]
    return [path.name for path in out.rglob("*.ckpt")]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2])
def test_in_the_middle_of_an_epoch(run_cell, undisturbed, monkeypatch, tmp_path, signum):
    signalled(
        monkeypatch, checkpoints.Checkpoints, "on_train_batch_end", signum, at_call=7, count=3
    )
    assert "last.ckpt" in interrupted(run_cell, monkeypatch, tmp_path, signum)
    assert run_cell(tmp_path) == undisturbed


@pytest.mark.parametrize("epoch", [1, 2])
def test_during_validation(run_cell, undisturbed, monkeypatch, tmp_path, epoch):
    signalled(
        monkeypatch, cells.training.evaluator.Evaluator, "validate", signal.SIGTERM, at_call=epoch
    )
    assert "last.ckpt" in interrupted(run_cell, monkeypatch, tmp_path, signal.SIGTERM)
    # again, when it is caught up with
    signalled(monkeypatch, cells.training.evaluator.Evaluator, "validate", signal.SIGTERM)
    assert "last.ckpt" in interrupted(run_cell, monkeypatch, tmp_path, signal.SIGTERM)
    assert run_cell(tmp_path) == undisturbed


def test_while_a_checkpoint_is_written(run_cell, undisturbed, monkeypatch, tmp_path):
    signalled(monkeypatch, checkpoints, "random_states", signal.SIGTERM, at_call=1, count=2)
    assert "last.ckpt" in interrupted(run_cell, monkeypatch, tmp_path, signal.SIGTERM)
    assert run_cell(tmp_path) == undisturbed


@pytest.mark.parametrize(
    "where",
    [(cells.inputs.training_inputs, "build_examples"), (cells.training.evaluator, "write_trec")],
)
def test_before_and_after_training(run_cell, undisturbed, monkeypatch, tmp_path, where):
    signalled(monkeypatch, *where, signal.SIGTERM)
    interrupted(run_cell, monkeypatch, tmp_path, signal.SIGTERM)
    assert run_cell(tmp_path) == undisturbed


def test_whoever_handled_the_signal_before_is_called_after_the_checkpoint(
    run_cell, undisturbed, monkeypatch, tmp_path
):
    found = []
    previous = signal.signal(signal.SIGUSR2, lambda *_: found.extend(tmp_path.rglob("last.ckpt")))
    try:
        signalled(
            monkeypatch, checkpoints.Checkpoints, "on_train_batch_end", signal.SIGUSR2, at_call=2
        )
        interrupted(run_cell, monkeypatch, tmp_path, signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, previous)
    assert len(found) == 1
    assert run_cell(tmp_path) == undisturbed


def test_a_signal_at_the_end_of_a_held_block_is_not_lost():
    with pytest.raises(Interrupted), Interruption() as interruption, interruption.held():
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_process_that_is_told_to_stop(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")
    arguments = [
        "dataset=folder",
        f"dataset.path={folder}",
        *SMALL,
        "trainer.max_epochs=400",
        "logger=wandb",
    ]
    command = [sys.executable, str(ROOT / "run.py"), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "WANDB_MODE": "offline"}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 300
    while not list(tmp_path.rglob("last.ckpt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM, output
    assert "SIGTERM received" in output
    assert "Traceback" not in output
    (cell,) = {path.parent.parent for path in tmp_path.rglob("last.ckpt")}
    assert wandb_run(cell).exit_code not in (0, None)
