"""The main task: corrupt the training labels, train, retrieve, score against clean judgements."""

import json
import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig

from cells.configuration.missing_files import missing_files
from cells.inputs.settings_fit import fitting_loss
from cells.record.directory import UNTRAINED, Cell
from cells.record.lock import claimed
from cells.record.log import logged_to
from cells.record.made_from import begin, check_finished, settle
from cells.record.owned_files import RUN
from cells.record.scores import Outcome, in_a_line, scores_of, show, summary
from cells.record.written_scores import read_scores, write_scores
from cells.sweep.processes import check_strategy, is_main_process
from cells.sweep.signals import Interruption
from cells.sweep.skip import objective, skipped
from cells.tracking.guarded import opened
from cells.training.precision import check_precision, settle_precision
from cells.training.trainer_check import check_trainer
from data.storage.hashed_files import fault_of, written_hashed
from errors import InputError
from losses import Loss

if TYPE_CHECKING:
    from cells.tracking.tracker import Tracker
    from cells.training.evaluator import Report
    from cells.training.fit import Selection
    from cells.training.setup import Setup

log = logging.getLogger(__name__)


def train(cfg: DictConfig) -> float:
    """Run one cell, unless it is finished, and return its objective.

    Cheap steps come first: mistakes are refused before anything is written, and before anything
    slow is imported.

    Raises:
        InputError: for configuration or data that cannot be used.
        BusyError: if another process runs the cell.
        Interrupted: if a signal asks it to stop; the same command continues it.
    """
    check_strategy(cfg.trainer)
    settle_precision(cfg)
    cell = Cell.of(cfg)
    loss = check_fit(cfg)
    if not is_main_process():
        _join_training(cfg, cell, loss)
        return math.nan
    with claimed(cell, overwrite=cfg.overwrite):
        cell.clean_up()
        if cell.finished:
            check_finished(cell, read_scores(cell.directory))
            return skipped(cfg, cell)
        if missing := missing_files(cfg):
            raise InputError(
                f"{', '.join(missing)}: there is no such file or folder. Correct the path, which "
                f"is relative to {Path.cwd()}."
            )
        begin(cell)
        sweeping = HydraConfig.get().mode == RunMode.MULTIRUN
        if sweeping:
            log.info("%s ...", cell.name)
        with logged_to(cell.file("run.log"), only=sweeping), Interruption() as interruption:
            scores = _run(cfg, cell, loss, interruption)
    if sweeping:
        log.info("%s", in_a_line(cell, scores, cfg.selection_measure))
    else:
        show(cell, scores)
    return objective(cfg, scores)


def check_fit(cfg: DictConfig) -> Loss:
    """Return the loss, if it and all settings of the training go together on this device.

    Raises:
        InputError: they do not, with the reason.
    """
    loss = fitting_loss(cfg)
    check_trainer(cfg.trainer)
    check_precision(cfg.trainer, cfg.optimizer)
    return loss


def _run(cfg: DictConfig, cell: Cell, loss: Loss, interruption: Interruption) -> dict[str, Any]:
    from cells.record.export import rehearse
    from cells.training.fit import fit, load_selected, selection
    from cells.training.loading import training_loader
    from cells.training.setup import set_up

    clock = Clock()
    with opened(instantiate(cfg.logger), cell) as tracker:
        with clock.time("prepare"):
            setup = set_up(cfg)
            audit = setup.inputs.corruption.audit
            made_from = settle(cell, setup.inputs.collection.fingerprint, audit.labels)
            audit.write(cell.file("audit.tsv"))
            training_loader(cfg, setup.inputs)  # refuses a batch that the examples do not fill
            setup.evaluator.prepare()
            if cfg.export:
                rehearse(cfg, setup.network, setup.inputs.tokenised.tokenizer)
        with clock.time("evaluate_untrained"):
            (untrained, seconds), bm25 = _untrained(cell, setup), setup.evaluator.bm25()
        with clock.time("train"):
            fit(
                cfg,
                cell,
                setup,
                loss=loss,
                tracker=tracker,
                interruption=interruption,
                # each test takes as long as that of the untrained network
                afterwards=seconds * (2 if cfg.evaluation.last_epoch else 1),
            )
        selected, last = selection(cfg, cell), None
        if cfg.evaluation.last_epoch and selected.last_epoch != selected.epoch:
            with clock.time("evaluate_last_epoch"):
                last = setup.evaluator.test(setup.network).measures
        load_selected(cell, setup.network)
        with clock.time("evaluate"):
            trained = setup.evaluator.test(setup.network, cell)
        outcome = Outcome(
            untrained=untrained.measures,
            bm25=bm25,
            trained=trained.measures,
            search=trained.facts,
            validation=selected.validation,
            epoch=selected.epoch,
            last_epoch=_last_epoch(cfg, selected, trained.measures if last is None else last),
            wall_seconds=clock.seconds,
        )
        scores = scores_of(cell, outcome, audit, setup.inputs.facts(), made_from)
        _record(cfg, cell, setup, scores, tracker)
    cell.clean_up()
    return scores


def _last_epoch(
    cfg: DictConfig, selected: "Selection", measures: dict[str, float]
) -> dict[str, Any] | None:
    """Return what scores.json says of the last epoch; None if it was not asked for."""
    if not cfg.evaluation.last_epoch:
        return None
    return {"epoch": selected.last_epoch, "measures": measures}


def _untrained(cell: Cell, setup: "Setup") -> tuple["Report", float]:
    """Return the scores of the untrained network, and the seconds that they took to compute.

    They are kept beside the checkpoints, because re-ranking can take longer than an epoch.
    """
    from cells.training.evaluator import Report

    path = cell.file(UNTRAINED)
    if path.exists():
        fault = fault_of(path)
        if fault is None:
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                return Report(content["measures"], content["facts"]), content.get("seconds", 0.0)
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                fault = str(error)
        log.warning("%s cannot be read (%s): the untrained network is scored again", path, fault)
    started = time.monotonic()
    report = setup.evaluator.test(setup.network)
    seconds = time.monotonic() - started
    path.parent.mkdir(exist_ok=True)
    with written_hashed(path) as aside:
        aside.write_text(json.dumps(asdict(report) | {"seconds": seconds}), encoding="utf-8")
    return report, seconds


def _record(
    cfg: DictConfig, cell: Cell, setup: "Setup", scores: dict[str, Any], tracker: "Tracker"
) -> None:
    """Write the scores; a tracker is told afterwards, so that it can cost nothing."""
    from cells.record.export import export
    from cells.tracking.tracked_tables import corrupted_labels, per_query

    inputs = setup.inputs
    if cfg.export:
        export(cfg, setup.network, inputs.tokenised.tokenizer, cell.file("export"), scores)
    write_scores(cell.directory, scores)
    tracker.table(
        "noise/corrupted_labels",
        *corrupted_labels(inputs.collection, inputs.corruption.audit),
    )
    tracker.table("test/per_query", *per_query(cell.file("per_query.tsv")))
    tracker.table(
        "noise/audit_header",
        ("what", "value"),
        [(name, str(value)) for name, value in scores["noise"].items()],
    )
    tracker.results(summary(scores), cell.file(RUN))


def _join_training(cfg: DictConfig, cell: Cell, loss: Loss) -> None:
    """Take part in distributed training without writing any files."""
    from cells.training.fit import fit
    from cells.training.setup import set_up

    if cell.finished:
        return
    setup = set_up(cfg)
    with Interruption() as interruption:
        fit(cfg, cell, setup, loss=loss, tracker=None, interruption=interruption)


class Clock:
    """Wall time of named steps.

    Attributes:
        seconds: duration of each finished step, by name.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        """Time the block."""
        log.info("%s ...", step)
        started = time.monotonic()
        yield
        self.seconds[step] = round(time.monotonic() - started, 3)
