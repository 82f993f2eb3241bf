"""Whether a cell of a sweep has to be launched at all. Nothing heavy is imported: a grid of finished cells is answered in seconds."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.utils import get_method
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cells.record.directory import SCORES, Cell

log = logging.getLogger(__name__)


def needs_no_job(cfg: DictConfig) -> bool:
    """Return whether nothing has to be launched for a configuration.

    A task that only asks is answered here. A cell that is finished and left tidy is named. Anything
    doubtful is for its attempt to judge.
    """
    if cfg.task.get("asks_only", False):
        get_method(cfg.task._target_)(cfg)
        return True
    try:
        if cfg.overwrite or not (Path(cfg.output_dir) / cfg.cell / SCORES).exists():
            return False
        cell = Cell.of(OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"]))
    except OmegaConfBaseException:
        return False
    if not cell.holds_this():
        return False
    skipped(cfg, cell)
    return True


def skipped(cfg: DictConfig, cell: Cell) -> float:
    """Say that a cell is finished, and return what the sweep wants to know of it."""
    scores = json.loads(cell.file(SCORES).read_text(encoding="utf-8"))
    measure = cfg.selection_measure
    value = scores["measures"][measure]
    log.info(
        "%s is finished (%s %.4f, in %s): skipped; overwrite=true runs it again",
        cell.name,
        measure,
        value,
        cell.directory,
    )
    return objective(cfg, scores)


def objective(cfg: DictConfig, scores: Mapping[str, Any]) -> float:
    """Return the selection measure of the split that the sweep asks for: a sweep that tunes must not see the test split."""
    measures: Mapping[str, float] = scores["measures" if cfg.objective == "test" else cfg.objective]
    return measures[cfg.selection_measure]
