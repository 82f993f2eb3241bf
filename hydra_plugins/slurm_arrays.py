"""A launcher of SLURM job arrays, in as many pieces as the cluster allows, several cells a job.

It submits through submitit, as the launcher of hydra-submitit-launcher does, which runs each cell.
"""

import logging
from collections.abc import Sequence
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, filter_overrides
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

import checks
from errors import InputError

log = logging.getLogger(__name__)
KEY = "hydra.launcher.cells_per_job"


class CellsOfAJob:
    """Runs several cells in one job, one after the other.

    A job that is requeued runs all of them again: finished ones are skipped, and the one that was
    interrupted continues.

    Args:
        run: runs one cell, as submitit's launcher does.
    """

    def __init__(self, run: Any) -> None:
        self._run = run

    def __call__(
        self, cells: Sequence[tuple[int, Sequence[str]]], state: dict[type, Singleton]
    ) -> list[JobReturn]:
        """Run cells, given by number and overrides, and return what each returned."""
        return [
            self._run(list(overrides), "hydra.sweep.dir", n, f"job_id_for_{n}", state)
            for n, overrides in cells
        ]

    def checkpoint(self, *arguments: Any) -> Any:
        """Submit the same cells again, because the job ran out of time or was preempted."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, *arguments)


class SlurmArrays(Launcher):
    """Launches cells as SLURM job arrays.

    Args:
        cells_per_job: the number of cells that a job runs one after the other.
        max_array_size: the largest number of jobs in an array; None: what the cluster allows.
        python: the command that starts Python in a job, such as a container's; None: this Python.
        params: those of hydra-submitit-launcher.
    """

    def __init__(
        self,
        cells_per_job: int = 1,
        max_array_size: int | None = None,
        python: str | None = None,
        **params: Any,
    ) -> None:
        try:
            from hydra_plugins.hydra_submitit_launcher.submitit_launcher import SlurmLauncher
        except ImportError as error:
            raise InputError(
                "hydra/launcher=slurm needs submitit: pip install -e '.[launchers]'"
            ) from error
        self._cells_per_job = checks.integer(KEY, cells_per_job, 1)
        self._max_array_size = max_array_size
        self._python = python
        self._submitit = SlurmLauncher(**params)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Store the objects that Hydra passes."""
        self._submitit.setup(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Submit the cells, wait for all jobs, and return what each cell returned.

        Raises:
            InputError: jobs ended without a result, such as those that were cancelled or killed.
        """
        jobs = self.submit(job_overrides, initial_job_idx)
        returned, lost = list[JobReturn](), dict[str, str]()
        for job in jobs:
            try:
                returned += job.results()[0]
            except Exception as error:
                lost[f"{job.job_id} ({job.state})"] = str(job.paths.stderr)
                log.debug("job %s has no result", job.job_id, exc_info=error)
        if lost:
            named = "; ".join(f"{job}, log {path}" for job, path in lost.items())
            raise InputError(
                f"{len(lost)} of {len(jobs)} jobs ended without a result: {named}. The same "
                "command continues their cells."
            )
        return returned

    def submit(self, cells: Sequence[Sequence[str]], first: int = 0) -> list[Any]:
        """Submit the cells and return submitit's jobs.

        Each array after the first one starts when the one before has ended, so that no more than
        `array_parallelism` jobs run at once.
        """
        from cells.sweep.slurm_limits import array_limit, chunks  # --help imports this module

        for n, overrides in enumerate(cells, first):
            log.info("\t#%d : %s", n, " ".join(filter_overrides(overrides)))
        jobs = chunks(list(enumerate(cells, first)), self._cells_per_job)
        arrays = chunks(jobs, array_limit(self._max_array_size))
        log.info("%d cells in %d jobs, %d arrays", len(cells), len(jobs), len(arrays))
        executor, state, submitted = self._executor(), Singleton.get_state(), list[Any]()
        for array in arrays:
            if submitted:
                before = submitted[-1].job_id.split("_")[0]
                executor.update_parameters(slurm_dependency=f"afterany:{before}")
            runner = CellsOfAJob(self._submitit)
            submitted += executor.map_array(runner, array, [state] * len(array))
        return submitted

    def _executor(self) -> Any:
        """Return submitit's executor with the launcher's parameters."""
        import submitit
        from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf

        params = dict(self._submitit.params)
        executor = submitit.AutoExecutor(
            cluster="slurm",
            folder=params.pop("submitit_folder"),
            slurm_max_num_timeout=params.pop("max_num_timeout"),
            slurm_python=self._python,
        )
        common = set(OmegaConf.structured(BaseQueueConf))
        executor.update_parameters(
            **{key if key in common else f"slurm_{key}": each for key, each in params.items()}
        )
        return executor
