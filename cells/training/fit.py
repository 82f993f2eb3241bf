"""Training of a cell's network: Lightning's trainer, checkpoints and the choice of the epoch."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback, LearningRateMonitor
from rich import get_console
from safetensors.torch import load_model

from cells.inputs.train_run import read_train_run
from cells.inputs.training_inputs import TrainingInputs, examples_of
from cells.record.directory import Cell
from cells.record.owned_files import WEIGHTS
from cells.sweep.signals import Interruption
from cells.tracking.tracker import Tracker
from cells.training.checkpoints import Checkpoints
from cells.training.continuing import newest, weights_fault
from cells.training.lightning_trainer import lightning_trainer, without_known_warnings
from cells.training.loading import training_loader
from cells.training.memory_report import RecomputedChunks, report_memory
from cells.training.setup import Setup, optimization_of
from data import Collection, TrainingLoader
from errors import InputError
from evaluation import Run
from lightning_modules import (
    Epochs,
    Network,
    RankingModule,
    TeacherScores,
    best_epoch,
    read_history,
    seeded,
)
from lightning_modules.training.callbacks import VALIDATION
from lightning_modules.training.compiled import compile_layers
from lightning_modules.training.refresh import NegativeRefresh
from lightning_modules.training.training_pulse import TrainingBar, TrainingPulse
from losses import Loss
from terminal import quiet

log = logging.getLogger(__name__)
quiet("pytorch_lightning")  # lists of devices, and advertisements

HISTORY = "history.csv"

STEPS_BETWEEN_CHECKS = 10  # of the scores, without a tracker that says how often


def fit(
    cfg: DictConfig,
    cell: Cell,
    setup: Setup,
    *,
    loss: Loss,
    tracker: Tracker | None,
    interruption: Interruption,
    after_epochs: Sequence[Callback] = (),
    afterwards: float = 0.0,
) -> None:
    """Train the network in place; it is left with the weights of the last epoch.

    An interrupted cell continues from its newest checkpoint.

    Args:
        cfg: the cell's configuration.
        cell: its directory.
        setup: its data, its network and what scores it.
        loss: trains the network.
        tracker: follows the training; None: another process does.
        interruption: the signals that may end it.
        after_epochs: what else is done after each epoch, before its checkpoint is written.
        afterwards: seconds that the cell will take after the training.
    """
    inputs, network, evaluator = setup
    loader = training_loader(cfg, inputs)
    folder = cell.file("checkpoints")
    logger = None if tracker is None else tracker.lightning_logger()
    epochs = Epochs(
        interruption.released(lambda: evaluator.validate(network)),
        measure=cfg.selection_measure,
        history=cell.file(HISTORY),
        best=cell.file(WEIGHTS),
        patience=cfg.validation.patience,
        together=evaluator.shared,
    )
    checkpoints = Checkpoints(
        folder, cell.fingerprint, loader, **cfg.checkpoint, interruption=interruption
    )
    refresh = _refresh(cfg, inputs, loader, interruption.released(evaluator.mine), folder)
    start = newest(folder, cell.fingerprint, VALIDATION + cfg.selection_measure)
    if start is not None:
        log.info("continuing from %s", start)
    # pretrained encoders start in evaluation mode, and only the leading process has changed that,
    # by evaluating before
    network.train()
    if cfg.trainer.compile:
        compile_layers(network)
    report_memory(cfg, inputs, network)
    with seeded(cfg.seed), without_known_warnings(), interruption.held():
        trainer = lightning_trainer(
            cfg.trainer,
            logger=logger or False,
            callbacks=[
                epochs,
                *after_epochs,
                *refresh,
                RecomputedChunks(network),
                checkpoints,
                *_display(afterwards, logged=logger is not None),
            ],
            log_every_n_steps=min(
                STEPS_BETWEEN_CHECKS if tracker is None else tracker.every_n_steps, len(loader)
            ),
            default_root_dir=cell.directory,
            **_recipe_arguments(),
        )
        trainer.fit(
            ranking_module(cfg, inputs, network, loss), loader, ckpt_path=start, weights_only=True
        )


def _recipe_arguments() -> dict[str, Any]:
    """Return the trainer's arguments for what the recipe does itself."""
    slurm = SLURMEnvironment.detect()  # the submitter requeues the job
    return {
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "enable_progress_bar": get_console().is_terminal,
        "use_distributed_sampler": False,
        "plugins": [SLURMEnvironment(auto_requeue=False)] if slurm else None,
    }


def _refresh(
    cfg: DictConfig,
    inputs: TrainingInputs,
    loader: TrainingLoader,
    mine: Callable[[Network], Run],
    folder: Path,
) -> list[NegativeRefresh]:
    def use(run: Run) -> None:
        examples, _ = examples_of(cfg.negatives, inputs.collection, inputs.corruption, run)
        loader.draw_from(examples)

    every = cfg.negatives.refresh_every
    return [] if every is None else [NegativeRefresh(every, mine, use, folder)]


def ranking_module(
    cfg: DictConfig, inputs: TrainingInputs, network: Network, loss: Loss
) -> RankingModule:
    """Return the Lightning module that trains the network of a cell under a loss."""
    collection = inputs.collection
    return RankingModule(
        network,
        loss,
        optimization_of(cfg),
        documents=len(collection.documents),
        query_ids=list(collection.train.queries),
        teacher=_teacher(cfg, collection),
    )


def _teacher(cfg: DictConfig, collection: Collection) -> TeacherScores | None:
    if cfg.teacher is None:
        return None
    run = read_train_run("teacher", cfg.teacher, collection, otherwise="they teach nothing")
    return TeacherScores(run, collection.train.queries, len(collection.documents))


def _display(afterwards: float, *, logged: bool) -> list[Callback]:
    is_terminal = get_console().is_terminal
    shown: Callback = TrainingBar(afterwards) if is_terminal else TrainingPulse()
    return [shown, LearningRateMonitor("step")] if logged else [shown]


class Selection(NamedTuple):
    """The epoch that validates best.

    Attributes:
        epoch: The number of that epoch, from 0.
        last_epoch: The last epoch that was trained.
        validation: The validation measures of that best epoch, not of the last one.
    """

    epoch: int
    last_epoch: int
    validation: dict[str, float]


def selection(cfg: DictConfig, cell: Cell) -> Selection:
    """Return the epoch to use, from the file, since Lightning's processes lose their memory.

    A checkpoint would not do: if the end of the last epoch was interrupted, it is completed without
    another training step, and so without another checkpoint.
    """
    rows = read_history(cell.file(HISTORY))
    epoch = best_epoch(rows, VALIDATION + cfg.selection_measure)
    validation = {
        name.removeprefix(VALIDATION): value
        for name, value in rows[epoch].items()
        if name.startswith(VALIDATION)
    }
    return Selection(epoch, len(rows) - 1, validation)


def load_selected(cell: Cell, network: Network) -> None:
    """Give the network the weights of the epoch that validates best."""
    fault = weights_fault(cell.file(WEIGHTS))
    if fault is not None:
        raise InputError(
            f"{cell.file(WEIGHTS)} cannot be read ({fault}): train the cell again with "
            "overwrite=true."
        )
    load_model(network, cell.file(WEIGHTS))
