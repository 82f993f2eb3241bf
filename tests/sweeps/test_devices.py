"""A local sweep's processes take one GPU each. The devices are names only; no GPU is needed."""

import os
import subprocess
import sys

import pytest
from cell_runs import ROOT

from cells.sweep.gpus import gpus, jobs_at_once

PROGRAM = (
    "import os, sys; from cells.sweep.gpus import *; take_one_gpu(); "
    "print(os.environ[VISIBLE], flush=True); sys.stdin.read()"
)


@pytest.fixture
def start(tmp_path):
    started = []

    def one(shared="1"):
        environment = os.environ | {
            "CUDA_VISIBLE_DEVICES": "3,5",
            "TMPDIR": str(tmp_path),
            "PYTHONPATH": str(ROOT),
        }
        environment |= {"RETRIEVAL_GPUS_ARE_SHARED": shared} if shared else {}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, **pipes))
        return started[-1], started[-1].stdout.readline().strip()

    yield one
    for process in started:
        process.communicate()


def test_each_process_has_a_gpu_and_a_killed_one_frees_its_own(start):
    (first, one), (_, other) = start(), start()
    assert {one, other} == {"3", "5"}
    assert start()[1] == "3,5"  # none is left
    first.kill()
    first.wait()
    assert start()[1] == one


def test_nothing_is_hidden_outside_a_local_sweep(start):
    assert start(shared="")[1] == "3,5"


def test_as_many_cells_at_once_as_there_are_gpus_unless_told(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    assert (jobs_at_once(None), jobs_at_once(2), jobs_at_once("4")) == (3, 2, 4)
    for none in ("", "-1", "NoDevFiles"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", none)
        assert gpus() == []
        assert jobs_at_once(None) == -1
