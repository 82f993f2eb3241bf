"""The task that forgets failures: all, or in a sweep those of its cells."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from cells.planning.plan import PlannedCell
from cells.record import failures

log = logging.getLogger(__name__)


def clear_failures(cfg: DictConfig, grid: Sequence[PlannedCell] | None = None) -> float:
    """Remove the records of failures; files in the cells' directories stay.

    Args:
        cfg: the configuration.
        grid: the cells of a sweep; None: all cells in the output directory.
    """
    folders = {Path(cfg.output_dir)} if grid is None else {cell.output_dir for cell in grid}
    asked = None if grid is None else {cell.path for cell in grid}
    for output_dir in sorted(folders):
        for cell in sorted(failure.cell for failure in failures.recorded(output_dir)):
            if asked is None or output_dir / cell in asked:
                failures.forget(output_dir, cell)
                log.info("the failure of %s is forgotten", cell)
    return math.nan
