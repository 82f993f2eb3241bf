"""Thirty seeded SIGKILLs over a small sweep, each followed by the same command. They run under `make test-faults` only."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from cell_runs import ROOT, SMALL
from small_collection import write_small_collection

pytestmark = pytest.mark.faults
KILLS = int(os.environ.get("FAULTS", "30"))
GRID = ["loss=cross_entropy,elr,label_weakening_pair_average", "seed=1,2", "noise.ratio=0.2", "model.epochs=3", "checkpoint.steps=1"]


def start(base, out, *more):
    arguments = ["-m", "dataset=folder", "dataset.path=tiny", *SMALL, *GRID, f"output_dir={out}/outputs", f"cache_dir={out}/cache", *more]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *arguments],
        cwd=base,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def results(folder):
    found = {}
    for path in sorted(folder.rglob("scores.json")):
        scores = json.loads(path.read_text())
        cell = str(path.parent.relative_to(folder))
        found[cell] = {key: scores[key] for key in ("measures", "untrained", "validation", "selected_epoch", "noise")}
        found[cell]["run"] = (path.parent / "run.trec").read_bytes()
    return found


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("faults")
    write_small_collection(base / "tiny")
    return base


@pytest.fixture(scope="module")
def undisturbed(base):
    process = start(base, "undisturbed")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    found = results(base / "undisturbed/outputs")
    assert len(found) == 6
    return found


def begin_anew(folder, undisturbed):
    """Removes all if all is done, so that there is something to kill."""
    if results(folder / "outputs").keys() == undisturbed.keys():
        shutil.rmtree(folder)


def test_killed_again_and_again(base, undisturbed):
    random_times = random.Random(6)  # noqa: S311 - reproducible, not secret
    kills = 0
    while kills < KILLS:
        begin_anew(base / "disturbed", undisturbed)
        process = start(base, "disturbed")
        try:
            process.communicate(timeout=random_times.uniform(3.0, 14.0))
            assert process.returncode == 0
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
    process = start(base, "disturbed")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert results(base / "disturbed/outputs") == undisturbed
    left = [path for pattern in ("*.lock", "*.partial", "*.building", "*.ckpt") for path in (base / "disturbed/outputs").rglob(pattern)]
    assert left == []
    assert list((base / "disturbed/cache").rglob("*.building")) == []


def test_two_sweeps_at_once_share_the_work(base, undisturbed):
    for repeat in range(int(os.environ.get("REPEATS", "20"))):
        pair = [start(base, f"shared-{repeat}") for _ in range(2)]
        outputs = [process.communicate(timeout=300)[0] for process in pair]
        assert [process.returncode for process in pair] == [0, 0], outputs
        assert results(base / f"shared-{repeat}/outputs") == undisturbed
        assert sum(output.count("train ...") for output in outputs) == len(undisturbed), outputs
