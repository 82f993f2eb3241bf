"""What is submitted to SLURM: arrays that the cluster takes, jobs of several cells."""

import pickle
import re
from types import SimpleNamespace

import pytest
from cell_runs import composed
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn
from omegaconf import OmegaConf
from submitit.core.utils import UncompletedJobError

from cells.sweep.slurm_limits import array_limit, chunks
from errors import InputError
from hydra_plugins.slurm_arrays import CellsOfAJob, SlurmArrays

COMMANDS = {
    "sbatch": 'cp "$1" "$SUBMITTED/$(ls "$SUBMITTED" | wc -l).sh"\n'
    'echo "Submitted batch job $((100 + $(ls "$SUBMITTED" | wc -l)))"\n',
    "srun": "",
    "scontrol": 'echo "MaxArraySize            = 3"\n',
}
CELLS = [[f"seed={n}"] for n in range(10)]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Stands for a cluster whose arrays have three jobs at most; returns the folder of scripts."""
    commands, submitted = tmp_path / "bin", tmp_path / "submitted"
    for folder in (commands, submitted):
        folder.mkdir()
    for name, text in COMMANDS.items():
        (commands / name).write_text(f"#!/bin/sh\n{text}")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    monkeypatch.setenv("SUBMITTED", str(submitted))
    return submitted


def launcher(tmp_path, **more):
    preset = OmegaConf.load("conf/hydra/launcher/slurm.yaml")
    params = OmegaConf.to_container(preset) | {
        "submitit_folder": str(tmp_path / "slurm" / "%j"),
        "tasks_per_node": 1,
        "nodes": 1,
        "name": "cells",
    }
    params.pop("_target_")
    return SlurmArrays(**params | more)


def scripts(submitted):
    return [path.read_text() for path in sorted(submitted.iterdir())]


def cells_of(job):
    """The cells in a submitted job."""
    submission = pickle.loads(job.paths.submitted_pickle.read_bytes())  # noqa: S301
    return [overrides for _, overrides in submission.args[0]]


def test_a_job_starts_the_python_that_is_given(tmp_path, cluster):
    launcher(tmp_path, python="apptainer exec image.sif python").submit(CELLS[:1])
    (script,) = scripts(cluster)
    assert "apptainer exec image.sif python -u -m submitit" in script


def test_a_cell_on_several_machines_asks_slurm_for_them():
    composed("hydra/launcher=slurm", "trainer=ddp_nodes", "trainer.devices=4")
    launcher = HydraConfig.get().launcher
    assert (launcher.nodes, launcher.tasks_per_node) == (2, 4)
    composed("hydra/launcher=slurm")
    launcher = HydraConfig.get().launcher
    assert (launcher.nodes, launcher.tasks_per_node) == (1, 1)


def test_an_array_that_is_too_large_is_cut_into_pieces_that_run_in_turn(tmp_path, cluster):
    jobs = launcher(tmp_path).submit(CELLS)
    assert len(jobs) == 10
    arrays = [re.findall(r"--array=0-(\d+)%(\d+)", script) for script in scripts(cluster)]
    assert arrays == [[("2", "3")]] * 3 + [[]]  # the last one is a single job
    waiting = [re.findall(r"--dependency=(\S+)", script) for script in scripts(cluster)]
    assert waiting == [[], ["afterany:101"], ["afterany:102"], ["afterany:103"]]
    assert [cells_of(job) for job in jobs] == [[cell] for cell in CELLS]


def test_several_cells_share_a_job(tmp_path, cluster):
    jobs = launcher(tmp_path, cells_per_job=4).submit(CELLS)
    assert [cells_of(job) for job in jobs] == [CELLS[:4], CELLS[4:8], CELLS[8:]]
    assert len(scripts(cluster)) == 1


def test_an_array_of_one(tmp_path, cluster):
    jobs = launcher(tmp_path, max_array_size=1).submit(CELLS[:2])
    assert [cells_of(job) for job in jobs] == [CELLS[:1], CELLS[1:2]]
    assert not any("--array" in script for script in scripts(cluster))


def test_the_cells_of_a_job_run_in_order_and_each_returns():
    ran = []

    def run(overrides, *_place):
        ran.append(overrides)
        return JobReturn(overrides=overrides)

    returned = CellsOfAJob(run)(list(enumerate(CELLS[:3])), {})
    assert ran == CELLS[:3]
    assert [each.overrides for each in returned] == CELLS[:3]


class FakeJob:
    """Stands for a job of submitit that has ended."""

    def __init__(self, number, asked):
        self.job_id, self.state, self._asked = str(number), "OUT_OF_MEMORY", asked
        self.paths = SimpleNamespace(stderr=f"logs/{number}.err")

    def results(self):
        self._asked.append(self.job_id)
        if self.job_id == "1":
            raise UncompletedJobError("no output")
        return [[JobReturn(overrides=CELLS[int(self.job_id)])]]


def test_all_jobs_are_waited_for_though_one_is_killed(tmp_path, monkeypatch):
    asked = []
    jobs = [FakeJob(number, asked) for number in range(4)]
    arrays = launcher(tmp_path)
    monkeypatch.setattr(arrays, "submit", lambda *_: jobs)
    lost = r"1 of 4 jobs ended without a result: 1 \(OUT_OF_MEMORY\), log logs/1\.err"
    with pytest.raises(InputError, match=lost):
        arrays.launch(CELLS[:4], 0)
    assert asked == ["0", "1", "2", "3"]
    jobs.pop(1)
    returned = arrays.launch(CELLS[:4], 0)
    assert [each.overrides for each in returned] == [CELLS[0], CELLS[2], CELLS[3]]


def test_the_limit_is_asked_of_the_cluster_or_configured(cluster, monkeypatch):
    assert array_limit(None) == 3
    assert array_limit(7) == 7
    with pytest.raises(InputError, match=r"max_array_size=0"):
        array_limit(0)
    (cluster.parent / "bin" / "scontrol").write_text("#!/bin/sh\necho 'MaxArraySize = 0'\n")
    with pytest.raises(InputError, match="max_array_size=1"):
        array_limit(None)
    monkeypatch.setenv("PATH", "/nowhere")
    assert array_limit(None) == 1001


def test_pieces_keep_the_order():
    assert chunks([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    assert chunks([], 2) == []


def test_less_than_one_cell_a_job_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"hydra.launcher.cells_per_job=0"):
        launcher(tmp_path, cells_per_job=0)
