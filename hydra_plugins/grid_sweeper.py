"""A sweeper over a grid like Hydra's own, but finished cells cost milliseconds and no job.

Hydra composes the configuration of every cell twice, for a tenth of a second each. Here, cells that
choose the same options of all groups are composed once, and only their values are set. Hydra looks
for plugins in folders with this folder's name.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

if TYPE_CHECKING:
    from hydra.plugins.launcher import Launcher

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
        """Expand the grid, name the finished cells, and launch the others in order."""
        from cells.sweep.skip import needs_no_job  # here, because --help imports this module
        from cells.sweep.workers import PARENT, gathered

        assert self.hydra_context is not None
        assert self.launcher is not None
        lines = [*(f"{key}={choices}" for key, choices in self._params.items()), *arguments]
        overrides = OverridesParser.create(
            config_loader=self.hydra_context.config_loader
        ).parse_overrides(lines)
        (jobs,) = BasicSweeper.split_arguments(overrides, None)
        done = {n for n, cfg in self._composed(jobs) if needs_no_job(cfg)}
        left = [job for n, job in enumerate(jobs) if n not in done]
        log.info("%d of %d cells are left to run", len(left), len(jobs))
        if not left:
            return []
        with gathered() if PARENT in os.environ else nullcontext():
            results = self.launcher.launch(left, initial_job_idx=0)
        for result in results:
            _ = result.return_value  # raises what the job raised
        return results

    def _composed(self, jobs: Sequence[Sequence[str]]) -> Iterator[tuple[int, DictConfig]]:
        """Yield number and configuration of each job, grouped by the options of the groups."""
        assert self.hydra_context is not None
        assert self.config is not None
        loader = self.hydra_context.config_loader
        lines = dict.fromkeys(line for job in jobs for line in job)
        overrides = dict(
            zip(lines, OverridesParser.create().parse_overrides(list(lines)), strict=True)
        )
        values = {line for line, override in overrides.items() if self._is_value(override)}
        parsed = [[overrides[line] for line in job if line in values] for job in jobs]
        options = [[line for line in job if line not in values] for job in jobs]
        for _, alike in groupby(
            sorted(range(len(jobs)), key=options.__getitem__), options.__getitem__
        ):
            cfg = None
            for n in alike:
                if cfg is None or not _set(cfg, parsed[n]):
                    cfg = loader.load_sweep_config(self.config, list(jobs[n]))
                    # paths contain the options of the groups, which stay the same
                    HydraConfig.instance().set_config(cfg)
                yield n, cfg

    def _is_value(self, override: Override) -> bool:
        """Return whether an override replaces a single value, which a later one can undo."""
        assert self.hydra_context is not None
        plain = not (
            override.is_add()
            or override.is_force_add()
            or override.is_delete()
            or isinstance(override.value(), dict)
        )
        return plain and not self.hydra_context.config_loader.get_group_options(
            override.key_or_group
        )


def _set(cfg: DictConfig, overrides: Sequence[Override]) -> bool:
    """Set the values; return False if OmegaConf refuses, so that Hydra can say why."""
    try:
        for override in overrides:
            OmegaConf.update(cfg, override.key_or_group, override.value(), force_add=False)
    except OmegaConfBaseException:
        return False
    return True
