"""The task that forgets failures: all, or in a sweep those of its cells."""

import logging
import math
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from cells.record import failures

log = logging.getLogger(__name__)


def clear_failures(cfg: DictConfig) -> float:
    """Remove the records of failures; files in the cells' directories stay."""
    output_dir = Path(cfg.output_dir)
    cells = {failure.cell for failure in failures.recorded(output_dir)}
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        cells &= {cfg.cell}
    for cell in sorted(cells):
        failures.forget(output_dir, cell)
        log.info("the failure of %s is forgotten", cell)
    return math.nan
