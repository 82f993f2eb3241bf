"""The main task: corrupt the training labels, train, retrieve from the whole collection, score against clean judgements, record it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.directory import Cell
from cells.logfile import logged_to
from cells.results import Outcome, read_scores, scores_of, show, summary, write_scores
from errors import InputError
from evaluation.measures import parse_measures
from losses import Loss

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> float:
    """Runs one cell, unless it is finished, and returns its selection measure on the test split.

    The order is that of cost: what can be refused is refused before anything is written, and before anything slow is imported.

    Raises:
        InputError: for configuration or data that cannot be used.
    """
    cell = Cell.of(cfg)
    loss: Loss = instantiate(cfg.loss)
    _check_fit(cfg, loss)
    parse_measures(cfg.measures)
    cell.claim(overwrite=cfg.overwrite)
    if cell.finished:
        value = float(read_scores(cell)["measures"][cfg.selection_measure])
        log.info(
            "%s is finished (%s %.4f, in %s): skipped; overwrite=true runs it again",
            cell.name,
            cfg.selection_measure,
            value,
            cell.directory,
        )
        return value
    with logged_to(cell.file("run.log")):
        scores = _run(cfg, cell, loss)
    show(cell, scores)
    return float(scores["measures"][cfg.selection_measure])


def _check_fit(cfg: DictConfig, loss: Loss) -> None:
    """Refuses a loss that the batches cannot serve, with the reason."""
    loss_name = HydraConfig.get().runtime.choices["loss"]
    if loss.needs_teacher and cfg.teacher is None:
        raise InputError(
            f"loss={loss_name} compares with a teacher, and teacher=null names none: set teacher=<file>, a TREC run of train queries, "
            "or choose another loss."
        )
    lists = 1 + cfg.negatives.per_example
    loss.check_list(lists * cfg.batch.size if cfg.batch.in_batch else lists)


def _run(cfg: DictConfig, cell: Cell, loss: Loss) -> dict[str, Any]:
    from cells.evaluating import Evaluator
    from cells.fitting import fit
    from cells.materials import prepare
    from cells.tokenised import build_network

    clock = Clock()
    with instantiate(cfg.logger)(cell=cell) as tracker:
        with clock.time("prepare"):
            materials = prepare(cfg)
            materials.corruption.audit.write(cell.file("audit.tsv"))
            network = build_network(cfg, materials.tokenised)
        evaluator = Evaluator(cfg, materials.tokenised)
        with clock.time("evaluate_untrained"):
            untrained = evaluator.test(network)
        with clock.time("train"):
            validation, epoch = fit(cfg, cell, materials, network=network, loss=loss, evaluate=evaluator.validate, tracker=tracker)
        with clock.time("evaluate"):
            trained = evaluator.test(network, cell)
        outcome = Outcome(untrained, trained, validation, epoch, clock.seconds)
        scores = scores_of(cell, outcome, materials.corruption.audit, materials.facts())
        write_scores(cell, scores)
        tracker.table("noise/audit", ("what", "value"), [(name, str(value)) for name, value in scores["noise"].items()])
        tracker.results(summary(scores), cell.file("run.trec"))
    return scores


class Clock:
    """Wall time of named steps.

    Attributes:
        seconds: duration of each finished step, by name.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        """Times the block."""
        log.info("%s ...", step)
        started = time.monotonic()
        yield
        self.seconds[step] = round(time.monotonic() - started, 3)
