"""Models that each judge the pairs of queries that they have not learnt."""

import logging
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hydra.utils import instantiate
from numpy.typing import NDArray
from omegaconf import DictConfig

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import TrainingInputs
from cells.record.directory import Cell
from cells.record.owned_files import owned, remove
from cells.record.stored_config import read_config
from cells.sweep.signals import Interruption
from cells.training.evaluator import Evaluator
from cells.training.fit import fit
from cells.training.loading import training_loader
from cells.training.pair_judge import PairJudge
from cells.training.setup import Setup
from lightning_modules.training.judged_pairs import JudgedPairs
from losses import Loss, viewed
from suspects.margins import Margins

log = logging.getLogger(__name__)

FOLDER = "judged"


class FoldModel(NamedTuple):
    """A model that is trained to judge pairs.

    Attributes:
        name: of its files.
        learnt: which training examples it learns [E].
        judged: the places of the pairs that it judges [n].
    """

    name: str
    learnt: NDArray[np.bool_]
    judged: NDArray[np.int64]


def fold_models(folds: NDArray[np.int64]) -> list[FoldModel]:
    """Return a model for each fold: it learns the others and judges this one.

    Args:
        folds: fold of each training example [E].
    """
    count = int(folds.max()) + 1
    return [
        FoldModel(f"fold-{fold + 1}-of-{count}", folds != fold, np.flatnonzero(folds == fold))
        for fold in range(count)
    ]


def whole_model(examples: int) -> FoldModel:
    """Return the model that learns and judges every example."""
    return FoldModel("all", np.ones(examples, dtype=np.bool_), np.arange(examples))


def judged_pairs(
    cfg: DictConfig,
    cell: Cell,
    inputs: TrainingInputs,
    models: list[FoldModel],
    interruption: Interruption,
) -> Margins:
    """Train every model, unless its file is there, and return what they say.

    Raises:
        InputError: for a batch that the pairs to learn do not fill, or a first stage that lacks
            queries.
        Interrupted: if a signal asks to stop; the same command continues.
    """
    for model in models:
        training_loader(cfg, _learning(inputs, model))  # refuses a batch that they do not fill
    parts = []
    for number, model in enumerate(models, 1):
        path = cell.file(f"{FOLDER}/{model.name}.npz")
        margins = Margins.read(path)
        if margins is None:
            if path.exists():
                log.warning("%s is damaged: its model is trained again", path)
            log.info("model %d of %d: %s ...", number, len(models), model.name)
            margins = _judged(cfg, cell, inputs, model, interruption)
            margins.write(path)
            _clear(cell, model)
        parts.append(margins)
    return Margins.joined(parts)


def _judged(
    cfg: DictConfig,
    cell: Cell,
    inputs: TrainingInputs,
    model: FoldModel,
    interruption: Interruption,
) -> Margins:
    loss: Loss = viewed(instantiate(cfg.loss), cfg.model.view)
    evaluator = Evaluator(cfg, inputs.tokenised, inputs.validation, inputs.pool)
    judge = PairJudge(cfg, inputs, evaluator, model.judged)
    judge.prepare()
    callback = JudgedPairs(interruption.released(judge))
    network = build_network(cfg, inputs.tokenised)
    setup = Setup(_learning(inputs, model), network, evaluator)
    fit(
        cfg,
        _cell_of(cell, model),
        setup,
        loss=loss,
        tracker=None,
        interruption=interruption,
        after_epochs=[callback],
    )
    columns = zip(*callback.epochs, strict=True)
    labelled, rivals, scores = (np.stack([each.numpy() for each in column]) for column in columns)
    return Margins(model.judged, labelled, rivals, scores)


def _learning(inputs: TrainingInputs, model: FoldModel) -> TrainingInputs:
    return replace(inputs, examples=inputs.examples.only(model.learnt))


def _cell_of(cell: Cell, model: FoldModel) -> Cell:
    """Return the cell of a model, within the folder of the whole, with the stored configuration.

    A continued one may differ in keys that change no number, and its checkpoints stay valid.
    """
    name, stored = f"{FOLDER}/{model.name}", read_config(cell.directory)
    return Cell(f"{cell.name}/{name}", cell.file(name), stored | {"judge": model.name})


def _clear(cell: Cell, model: FoldModel) -> None:
    """Remove the files of a model that has judged."""
    folder = cell.file(f"{FOLDER}/{model.name}")
    remove(folder, owned(folder))
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
