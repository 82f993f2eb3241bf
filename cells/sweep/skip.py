"""Whether a cell of a sweep must be launched.

Nothing heavy is imported, so that a grid of finished cells takes only seconds.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from cells.record.directory import Cell
from cells.record.made_from import changed_files
from cells.record.owned_files import kept_of
from cells.record.written_scores import SCORES, read_scores
from errors import InputError

log = logging.getLogger(__name__)


def needs_no_job(cfg: DictConfig) -> bool:
    """Return whether nothing has to be launched for a configuration.

    Finished cells without temporary files are named; all doubtful cases are left to the attempt.
    """
    try:
        if cfg.overwrite or not (Path(cfg.output_dir) / cfg.cell / SCORES).exists():
            return False
        cell = Cell.of(OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"]))
        if not cell.holds_this() or changed_files(cell, read_scores(cell.directory)):
            return False
        skipped(cfg, cell)
    except (OmegaConfBaseException, InputError, OSError):
        return False
    return True


def skipped(cfg: DictConfig, cell: Cell) -> float:
    """Log that a cell is finished, and return its objective.

    Raises:
        InputError: its scores.json is damaged.
    """
    scores = read_scores(cell.directory)
    value = objective(cfg, scores)
    measure = cfg.selection_measure
    log.info(
        "%s is finished (%s %.4f, in %s%s): skipped; overwrite=true runs it again",
        cell.name,
        measure,
        scores["measures"][measure],
        cell.directory,
        f", without {gone}, which it did not keep" if (gone := _gone(cfg, scores)) else "",
    )
    return value


def _gone(cfg: DictConfig, scores: Mapping[str, Any]) -> str:
    """Return what is asked to be kept, but was not."""
    return " and ".join(each for each in cfg.keep if each not in kept_of(scores))


def objective(cfg: DictConfig, scores: Mapping[str, Any]) -> float:
    """Return the selection measure of the split that `objective` names.

    A sweep that tunes hyper-parameters must not see the test split.

    Raises:
        InputError: the scores lack it.
    """
    name = "measures" if cfg.objective == "test" else cfg.objective
    measures, measure = scores.get(name), cfg.selection_measure
    for found in (measures, scores["measures"]):
        if not isinstance(found, dict) or not isinstance(found.get(measure), int | float):
            raise InputError(
                f"{cfg.cell}: {SCORES} lacks the {name} {measure}, so it is damaged; run the cell "
                "again with overwrite=true."
            )
    return float(scores[name][measure])
