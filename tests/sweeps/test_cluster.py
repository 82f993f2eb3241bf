"""Sweeps on a real one-node SLURM, from `make cluster-up`, only in `make test-cluster`."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cell_runs import ROOT, SMALL
from small_collection import write_small_collection

pytestmark = pytest.mark.cluster
# where cluster/up.sh puts it
CONF = Path(os.environ.get("CLUSTER_DIR", "/tmp/retrieval-cluster")) / "slurm.conf"  # noqa: S108
QUEUE = [
    "hydra/launcher=slurm",
    "hydra.launcher.cpus_per_task=1",
    "hydra.launcher.timeout_min=5",
    "hydra.launcher.array_parallelism=2",
]
LONG = "trainer.max_epochs=150"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    if not CONF.exists():
        pytest.fail("no cluster: make cluster-up starts one")
    base = tmp_path_factory.mktemp("cluster")
    write_small_collection(base / "tiny")
    return base


class Sweep:
    """A sweep in a process of its own."""

    def __init__(self, base, out, *arguments, queue=True):
        command = [
            sys.executable,
            str(ROOT / "run.py"),
            "-m",
            *(QUEUE if queue else []),
            "dataset=folder",
            "dataset.path=tiny",
            *SMALL,
        ]
        self.folder = base / out
        self.process = subprocess.Popen(
            [*command, f"output_dir={out}", *arguments],
            cwd=base,
            env=os.environ | {"OMP_NUM_THREADS": "1", "SLURM_CONF": str(CONF)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self, seconds=240):
        self.output = self.process.communicate(timeout=seconds)[0]
        return self.process.returncode

    def measures(self):
        return {
            path.parent.name: json.loads(path.read_text())["measures"]
            for path in self.folder.rglob("scores.json")
        }

    def trained_a_while(self):
        deadline = time.monotonic() + 300
        while not list(self.folder.rglob("last.ckpt")) and time.monotonic() < deadline:
            time.sleep(0.1)
        (job,) = {
            folder.name.split("_")[0]
            for folder in (self.folder / ".slurm").iterdir()
            if folder.name[0] != "."
        }
        return job


def slurm(*command):
    return subprocess.run(
        command,
        env=os.environ | {"SLURM_CONF": str(CONF)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_an_array_of_four_cells(base):
    sweep = Sweep(base, "array", "seed=1,2,3,4", "trainer.max_epochs=1")
    assert sweep.wait() == 0, sweep.output
    assert set(sweep.measures()) == {"seed-1", "seed-2", "seed-3", "seed-4"}


def test_two_cells_a_job_in_arrays_of_one(base):
    pieces = ["hydra.launcher.cells_per_job=2", "hydra.launcher.max_array_size=1"]
    sweep = Sweep(base, "pieces", *pieces, "seed=1,2,3", "trainer.max_epochs=1")
    assert sweep.wait() == 0, sweep.output
    assert "3 cells in 2 jobs, 2 arrays" in sweep.output
    assert set(sweep.measures()) == {"seed-1", "seed-2", "seed-3"}


def test_a_job_in_a_container_with_a_scratch_directory(base):
    container, cache = base / "container", base / "local" / "cache"
    container.write_text(f'#!/bin/sh\necho "$@" >> {base}/started\nexec "$@"\n')
    container.chmod(0o755)
    settings = [
        f'hydra.launcher.python="{container} {sys.executable}"',
        f'hydra.launcher.setup=["export RETRIEVAL_CACHE={cache}","mkdir -p {cache}"]',
    ]
    sweep = Sweep(base, "contained", *settings, "trainer.max_epochs=1")
    assert sweep.wait() == 0, sweep.output
    assert set(sweep.measures()) == {"seed-1"}
    assert "submitit" in (base / "started").read_text()
    assert list(cache.iterdir())


def test_one_failing_cell_among_three(base):
    sizes = ["variant=batch-${batch.size}", "batch.size=8,16,5000"]  # 5000 are too few pairs
    sweep = Sweep(base, "failing", *sizes, "trainer.max_epochs=1")
    assert sweep.wait() == 1
    assert "1 of the sweep's cells failed" in sweep.output
    assert "batch-5000/semantic-0.2/seed-1: InputError" in sweep.output
    assert len(list(sweep.folder.rglob("scores.json"))) == 2


def test_two_tasks_train_one_cell(base):
    together = Sweep(base, "ddp", "trainer=ddp", "trainer.accelerator=cpu")
    assert together.wait() == 0, together.output
    alone = Sweep(base, "alone", queue=False)
    assert alone.wait() == 0, alone.output
    assert together.measures() == {"seed-1": pytest.approx(alone.measures()["seed-1"])}


@pytest.fixture(scope="module")
def undisturbed(base):
    sweep = Sweep(base, "undisturbed", LONG, queue=False)
    assert sweep.wait() == 0, sweep.output
    return sweep.measures()


def test_a_preempted_cell_is_requeued_and_ends_alike(base, undisturbed):
    sweep = Sweep(base, "preempted", LONG)
    job = sweep.trained_a_while()
    slurm("scancel", "--signal=USR2", "--full", job)
    assert sweep.wait() == 0, sweep.output
    assert sweep.measures() == undisturbed
    log = next(sweep.folder.rglob("run.log")).read_text()
    assert "SIGUSR2 received" in log
    assert "continuing from" in log


def test_a_cancelled_cell_ends_the_sweep_and_the_next_completes_it(base, undisturbed):
    sweep = Sweep(base, "cancelled", LONG)
    slurm("scancel", sweep.trained_a_while())
    assert sweep.wait() != 0
    assert not sweep.measures()
    again = Sweep(base, "cancelled", LONG)
    assert again.wait() == 0, again.output
    assert again.measures() == undisturbed
