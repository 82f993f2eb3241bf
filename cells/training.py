"""The main task: corrupt the training labels, train, retrieve from the whole collection, score against clean judgements, record it."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.directory import Cell
from cells.logfile import logged_to
from cells.results import Outcome, read_scores, show, summary, write_scores
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


def _run(cfg: DictConfig, cell: Cell, loss: Loss) -> dict[str, Any]:
    from cells.evaluating import Evaluator
    from cells.fitting import fit
    from cells.materials import prepare

    clock = Clock()
    with instantiate(cfg.logger)(cell=cell) as tracker:
        with clock.time("prepare"):
            materials = prepare(cfg)
            materials.corruption.audit.write(cell.file("audit.tsv"))
            network = instantiate(cfg.model.network)(tokenizer=materials.tokenizer, documents=materials.document_tokens, seed=cfg.seed)
        evaluator = Evaluator(cfg, materials)
        with clock.time("evaluate_untrained"):
            untrained = evaluator.score(network, materials.collection.test).mean
        with clock.time("train"):
            validation, epoch = fit(cfg, cell, materials, network=network, loss=loss, evaluate=evaluator.validate, tracker=tracker)
        with clock.time("evaluate"):
            trained = evaluator.write_test(network, cell)
        outcome = Outcome(untrained, trained, validation, epoch, clock.seconds)
        scores = write_scores(cell, outcome, materials.corruption.audit, materials.facts())
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
