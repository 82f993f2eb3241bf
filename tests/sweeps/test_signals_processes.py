"""Signals to commands of several processes: all of them end with a checkpoint, and none stays.

They run under `make test-faults` only.
"""

import os
import signal
import subprocess
import sys
import time

import pytest
from cell_runs import ROOT, run
from small_collection import write_small_collection

pytestmark = pytest.mark.faults
SETTINGS = [
    "dataset=folder",
    "dataset.path=tiny",
    "model.network.dimensions=16",
    "model.tokenizer.vocabulary_size=400",
    "batch.size=16",
    "negatives.depth=10",
    "noise=uniform",
    "logger=none",
]
SWEEP = ["-m", "hydra/launcher=local", "hydra.launcher.n_jobs=2", "seed=1,2,3,4"]
SOON = 10  # seconds; only starting may take longer, on a busy machine
FORKED = ["trainer=ddp_fork"]


def started(folder, arguments, epochs=3000):
    """A command of which every first cell has a checkpoint."""
    write_small_collection(folder / "tiny")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "run.py"),
                *arguments,
                *SETTINGS,
                f"trainer.max_epochs={epochs}",
            ],
            cwd=folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    cells = 2 if "-m" in arguments else 1
    deadline = time.monotonic() + 300
    while len(list(folder.rglob("last.ckpt"))) < cells and time.monotonic() < deadline:
        assert process.poll() is None, (folder / "log").read_text()
        time.sleep(0.05)
    return process


def left(process):
    """The processes of its session."""
    found = subprocess.run(
        ["pgrep", "-s", str(process.pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def left_soon(process):
    """The processes of its session that outlive it by ten seconds."""
    deadline = time.monotonic() + SOON
    while left(process) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left(process)


@pytest.mark.parametrize(
    ("arguments", "send"),
    [
        ([], lambda process: [(process.send_signal, signal.SIGINT)] * 2),
        (FORKED, lambda process: [(process.send_signal, signal.SIGTERM)]),
        (FORKED, lambda process: [(lambda sent: os.killpg(process.pid, sent), signal.SIGTERM)]),
        (SWEEP, lambda process: [(process.send_signal, signal.SIGTERM)]),
        (SWEEP, lambda process: [(lambda sent: os.killpg(process.pid, sent), signal.SIGINT)] * 2),
    ],
    ids=["twice", "parent of two", "group of two", "parent of a sweep", "group of a sweep twice"],
)
def test_every_process_ends_with_the_signals_status(tmp_path, arguments, send):
    process = started(tmp_path, arguments)
    for deliver, signum in send(process):
        deliver(signum)
        time.sleep(0.005)
    status = process.wait(120)
    said = (tmp_path / "log").read_text()
    assert status == 128 + signum, said
    assert "Traceback" not in said
    assert left_soon(process) == []
    assert list(tmp_path.rglob("last.ckpt"))


def test_workers_end_when_the_sweep_is_killed_and_a_new_one_completes_it(tmp_path):
    process = started(tmp_path, SWEEP, epochs=30)
    process.kill()
    process.wait(60)
    assert left_soon(process) == []
    assert "Traceback" not in (tmp_path / "log").read_text()
    finished = run(*SWEEP, *SETTINGS, "trainer.max_epochs=30", cwd=tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(list(tmp_path.rglob("scores.json"))) == 4


def test_one_of_two_processes_that_dies_ends_the_other(tmp_path):
    process = started(tmp_path, FORKED)
    second = max(left(process), key=int)
    os.kill(int(second), signal.SIGKILL)
    assert process.wait(120) not in (0, None)
    assert left_soon(process) == []
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said
    assert "was ended by SIGKILL" in said
    assert "The same command continues the cell." in said
    assert list(tmp_path.rglob("last.ckpt"))
