"""Finished cells as judges of the labels that they were trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_model

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import TrainingInputs
from cells.record.made_from import KEY
from cells.record.owned_files import WEIGHTS, kept_of
from cells.record.stored_config import read_config
from cells.record.written_scores import SCORES, read_scores
from cells.training.continuing import weights_fault
from cells.training.evaluator import Evaluator
from cells.training.pair_judge import PairJudge
from errors import InputError
from suspects.margins import Margins


def judged_by_cells(cfg: DictConfig, inputs: TrainingInputs, directories: Sequence[str]) -> Margins:
    """Return what the selected epochs of finished cells say of their training pairs.

    They have learnt these labels, so wrong ones that they have memorised are not seen.

    Args:
        cfg: the configuration; the cells' model is built from it.
        inputs: the collection and its labels.
        directories: of the cells; each counts like an epoch.

    Raises:
        InputError: a directory is not that of a finished cell with this model and these labels.
    """
    for directory in directories:
        _check(cfg, inputs, Path(directory))
    pairs = np.arange(len(inputs.examples))
    judge = PairJudge(cfg, inputs, Evaluator(cfg, inputs.tokenised), pairs)
    judge.prepare()
    said = []
    for directory in directories:
        network = build_network(cfg, inputs.tokenised)
        load_model(network, Path(directory) / WEIGHTS)
        said.append([each.numpy() for each in judge(network)])
    return Margins(pairs, *(np.stack(column) for column in zip(*said, strict=True)))


def _check(cfg: DictConfig, inputs: TrainingInputs, directory: Path) -> None:
    try:
        scores = read_scores(directory)
    except InputError as error:
        raise _unusable(directory, f"{SCORES} cannot be read") from error
    if "weights" not in kept_of(scores):
        raise _unusable(
            directory,
            "it did not keep its weights, since keep lacked them. Train it again with "
            "keep=[weights] and overwrite=true",
        )
    fault = weights_fault(directory / WEIGHTS)
    if fault is not None:
        raise _unusable(directory, f"{WEIGHTS} cannot be read ({fault})")
    made_from = scores.get(KEY, {})
    if read_config(directory).get("model") != OmegaConf.to_container(cfg.model, resolve=True):
        raise _unusable(directory, "its model is configured otherwise")
    if made_from.get("collection") != inputs.collection.fingerprint:
        raise _unusable(directory, "it was trained on another collection")
    if made_from.get("labels") != inputs.corruption.audit.labels:
        raise _unusable(directory, "it was trained on other labels")


def _unusable(directory: Path, reason: str) -> InputError:
    return InputError(
        f"task.finished: {directory}: {reason}. Give directories of finished cells with this "
        "model, collection and noise, or null to train models that have not learnt what they judge."
    )
