"""A sweeper over a grid like Hydra's own, but finished cells cost milliseconds and no job.

Hydra looks for plugins in folders with this folder's name.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from errors import InputError
from terminal import quiet

if TYPE_CHECKING:
    from hydra.plugins.launcher import Launcher

PLANNED_SILENTLY = 100
"""Cells that are planned before anybody would wonder."""

ANNOUNCING = (
    "hydra._internal.core_plugins.basic_launcher",
    "hydra_plugins.hydra_joblib_launcher._core",
)
"""Loggers that print the overrides of each cell; the cells say their names themselves."""

log = logging.getLogger(__name__)


class GridSweeper(Sweeper):
    """Launches the cells of a grid that are not finished.

    Args:
        params: the choices of each key, as on the command line.
    """

    def __init__(self, params: Mapping[str, str] | None = None) -> None:
        self._params = params or {}
        self.config: DictConfig | None = None
        self.hydra_context: HydraContext | None = None
        self.launcher: Launcher | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Store the objects that Hydra passes."""
        self.config, self.hydra_context = config, hydra_context
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Plan the grid, say what is left of it, and launch that in order."""
        # here, because --help imports this module
        from cells.planning.fitness import refuse_unfit
        from cells.planning.plan import ask, planned
        from cells.planning.plan_lines import lines_of_plan
        from cells.sweep.leaderboard import show_leaderboard

        assert self.config is not None
        assert self.hydra_context is not None
        loader, jobs = self.hydra_context.config_loader, self._jobs(arguments)
        asks_only = self.config.task.get("asks_only", False)
        if not asks_only and len(jobs) > PLANNED_SILENTLY:
            log.info("planning %d cells ...", len(jobs))
        plan = planned(loader, self.config, jobs)
        if asks_only:
            ask(self.config, plan.cells)
            return []
        refuse_unfit(loader, self.config, plan)
        for line in lines_of_plan(plan, self.config):
            log.info("%s", line)
        if self.config.dry_run:
            return []
        results = self._launched(plan.left) if plan.left else []
        show_leaderboard(self.config, plan.cells)
        return results

    def _launched(self, jobs: Sequence[Sequence[str]]) -> Sequence[JobReturn]:
        from cells.sweep.workers import PARENT, gathered

        assert self.launcher is not None
        for launcher in ANNOUNCING:
            quiet(launcher)
        with gathered() if PARENT in os.environ else nullcontext():
            results = self.launcher.launch(jobs, initial_job_idx=0)
        for result in results:
            _ = result.return_value  # raises what the job raised
        return results

    def _jobs(self, arguments: list[str]) -> list[list[str]]:
        """Return the overrides of each cell of the grid.

        Raises:
            InputError: the grid has none.
        """
        assert self.hydra_context is not None
        lines = [*(f"{key}={choices}" for key, choices in self._params.items()), *arguments]
        overrides = OverridesParser.create(
            config_loader=self.hydra_context.config_loader
        ).parse_overrides(lines)
        (jobs,) = BasicSweeper.split_arguments(overrides, None)
        if not jobs:
            raise InputError(_empty(overrides))
        return jobs


def _empty(overrides: Sequence[Override]) -> str:
    """Return why a grid has no cells."""
    empty = [
        str(override.input_line)
        for override in overrides
        if override.is_sweep_override() and not list(override.sweep_string_iterator())
    ]
    return f"{', '.join(empty)}: no value, so the sweep has no cells. Give at least one value."
