"""The corrupted labels as files for other trainers: a qrels file and training examples."""

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

import checks
from cells.inputs.negative_mining import check_negatives, first_negatives
from cells.inputs.training_inputs import examples_of
from cells.record.directory import Cell
from data import Collection, NegativeSampler
from data.exchange.examples_file import LAYOUTS, write_examples
from data.exchange.qrels_file import write_qrels
from errors import InputError
from noise import Corruption

QRELS = "qrels/train.tsv"


def check_examples_file(cfg: DictConfig) -> None:
    """Check the settings before any work.

    Raises:
        InputError: for an unknown layout, or negatives that cannot be mined.
    """
    layout = cfg.task.examples_file
    if layout is None:
        return
    checks.choice("task.examples_file", layout, LAYOUTS, or_null="for none")
    check_negatives(cfg.negatives)
    if cfg.negatives.refresh_every is not None:
        raise InputError(
            "negatives.refresh_every: no network is trained here that could mine negatives; set it "
            "to null."
        )


def write_labels(
    cfg: DictConfig, cell: Cell, collection: Collection, corruption: Corruption
) -> list[Path]:
    """Write qrels/train.tsv and, if `task.examples_file` asks for it, train.jsonl.

    The examples are those of a cell's first epoch: the noisy pairs with `negatives.per_example`
    negatives each, mined by the noisy labels.

    Returns:
        The files.

    Raises:
        InputError: for ids or settings that cannot be used.
    """
    qrels, lines, layout = cell.file(QRELS), cell.file("train.jsonl"), cfg.task.examples_file
    lines.unlink(missing_ok=True)  # of an earlier run
    if layout is None:
        write_qrels(corruption.qrels, qrels, relevance=collection.relevance)
        return [qrels]
    run = first_negatives(cfg.negatives, collection)
    examples, _ = examples_of(cfg.negatives, collection, corruption, run)
    sampler = NegativeSampler(examples, per_example=cfg.negatives.per_example, seed=cfg.seed)
    negatives = sampler.sample(np.arange(len(examples)), epoch=0)
    write_examples(
        lines,
        layout,
        examples,
        negatives,
        queries=collection.train.queries,
        documents=collection.documents,
    )
    # last: a cell that has it is finished
    write_qrels(corruption.qrels, qrels, relevance=collection.relevance)
    return [qrels, lines]
