"""Thirty seeded SIGKILLs in chosen phases of a sweep and its report; two sweeps at once.

They run under `make test-faults` only. FAULTS and REPEATS change how many; REPORT names a file for
where the kills hit.
"""

import json
import os
import random
import re
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from cell_runs import SMALL
from small_collection import write_small_collection
from watched_sweep import PHASES, Watched, preload

pytestmark = pytest.mark.faults
KILLS, REPEATS = int(os.environ.get("FAULTS", "30")), int(os.environ.get("REPEATS", "20"))
GRID = [
    "loss=cross_entropy,elr,label_weakening",
    "seed=1,2",
    "noise.ratio=0.2",
    "checkpoint.steps=1",
    "logger=none",
]
CACHED = ("collection", "token store", "noising")
SCATTER = 1.2
"""The kill comes within this share of a phase's length: mostly inside it, or just after."""


def start(base, out, *more, report=True):
    """The sweep, and then its report."""
    place = [f"output_dir={out}/outputs", f"cache_dir={out}/cache"]
    (base / out).mkdir(exist_ok=True)
    commands = [
        ["run.py", "-m", "dataset=folder", "dataset.path=tiny", *SMALL, *GRID, *place, *more]
    ]
    if report:
        commands.append(
            [
                "report.py",
                f"{out}/outputs",
                f"--out={out}/report",
                "--measure=nDCG@10",
                "--resamples=200",
            ]
        )
    return Watched(commands, base, base / out / "log")


def results(folder):
    found = {}
    for path in sorted(folder.rglob("scores.json")):
        scores = json.loads(path.read_text())
        cell = str(path.parent.relative_to(folder))
        found[cell] = {
            key: value
            for key, value in scores.items()
            if key not in ("wall_seconds", "peak_memory_mib", "checksum")
        }
        found[cell] |= {
            name: (path.parent / name).read_bytes()
            for name in ("run.trec.gz", "per_query.tsv", "audit.tsv")
        }
    return found


def left_behind(folder):
    """Files of an unfinished write, of a lock or of an unfinished cell."""
    patterns = (
        "outputs/**/*.lock",
        "**/*.partial",
        "**/*.building",
        "outputs/**/*.ckpt",
        "outputs/.failed/*",
    )
    return [path for pattern in patterns for path in folder.glob(pattern)]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    preload()
    base = tmp_path_factory.mktemp("faults")
    write_small_collection(base / "tiny")
    return base


@pytest.fixture(scope="module")
def undisturbed(base):
    """The sweep's results; how often each phase begins, and how long it lasts on average."""
    sweep = start(base, "undisturbed")
    counts, seconds, before, since = Counter(), Counter(), "between", time.monotonic()
    while (phase := sweep.began()) is not None:
        now = time.monotonic()
        seconds[before] += now - since
        counts[phase] += 1
        before, since = phase, now
    assert sweep.finish() == 0, sweep.log.read_text()
    found = results(base / "undisturbed/outputs")
    assert len(found) == 6
    assert set(counts) == set(PHASES) - {"between"}
    return found, counts, {phase: seconds[phase] / counts[phase] for phase in counts}


def reached(sweep, target, occurrence):
    """Whether the phase begins that often before the command ends."""
    while (phase := sweep.began()) is not None:
        occurrence -= phase == target
        if occurrence == 0:
            return True
    return False


def test_killed_again_and_again(base, undisturbed):
    expected, counts, seconds = undisturbed
    chance = random.Random(6)  # noqa: S311 - reproducible, not secret
    folder, hit = base / "disturbed", []
    while len(hit) < KILLS:
        target = list(counts)[len(hit) % len(counts)]
        if target in CACHED:
            # or there would be nothing to build
            shutil.rmtree(folder / "cache", ignore_errors=True)
        sweep = start(base, "disturbed")
        if not reached(sweep, target, chance.randint(1, max(1, counts[target] // len(expected)))):
            assert sweep.finish() == 0, sweep.log.read_text()
            assert results(folder / "outputs") == expected
            shutil.rmtree(folder)
            continue
        first = len(hit) < len(counts)  # at once, or a phase of milliseconds might never be hit
        time.sleep(0 if first else chance.uniform(0, SCATTER * seconds[target]))
        hit.append((target, sweep.kill()))
    sweep = start(base, "disturbed")
    assert sweep.finish() == 0, sweep.log.read_text()
    assert results(folder / "outputs") == expected
    assert (folder / "report/groups.csv").read_bytes() == (
        base / "undisturbed/report/groups.csv"
    ).read_bytes()
    assert (folder / "report/index.html").exists()
    assert left_behind(folder) == []
    tell(hit)
    assert {phase for _, phase in hit} >= set(counts) or len(hit) < 3 * len(counts)


def tell(hit):
    aimed, where = Counter(target for target, _ in hit), Counter(phase for _, phase in hit)
    lines = [f"{phase:14} aimed at {aimed[phase]:3} hit {where[phase]:3}" for phase in PHASES]
    if "REPORT" in os.environ:
        Path(os.environ["REPORT"]).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("seeds", ["1,2", "2,1"])
def test_two_sweeps_at_once_share_the_work(base, undisturbed, seeds):
    """Both begin with the same cell, or they meet in the middle of each other's."""
    grid = ["loss=cross_entropy,elr"]
    expected = {
        cell: result for cell, result in undisturbed[0].items() if "label_weakening" not in cell
    }
    for _ in range(REPEATS // 2):
        shutil.rmtree(base / "shared", ignore_errors=True)
        pair = [
            start(base, "shared", *grid, report=False),
            start(base, "shared", *grid, f"seed={seeds}", report=False),
        ]
        statuses = [sweep.finish() for sweep in pair]
        log = pair[0].log.read_text()
        assert statuses == [0, 0], log
        assert results(base / "shared/outputs") == expected
        begun = re.findall(r"^\S+/seed-\d \.\.\.$", log, re.MULTILINE)
        assert sorted(begun) == sorted(set(begun)), log
        assert len(begun) == len(expected), log
        assert left_behind(base / "shared") == []
