"""The task that writes a run: a first stage, a source of negatives, or a teacher."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from omegaconf import DictConfig

import checks
from cells.record.directory import Cell
from cells.record.lock import claimed
from cells.record.owned_files import RUN
from cells.tasks.evaluate import KEYS
from errors import InputError
from evaluation import Run, write_trec

if TYPE_CHECKING:
    from data import Collection, Split

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
RANKERS = ("model", "bm25")


def retrieve(cfg: DictConfig) -> None:
    """Write run.trec.gz with the best documents for every query of the chosen splits.

    Each query has evaluation.depth documents, ranked by the model as it is or by BM25. No label is
    read, so the run does not depend on the noise.

    Raises:
        InputError: for configuration or data that cannot be used.
        BusyError: if another process writes this run.
    """
    splits = list(cfg.task.splits)
    if not splits or not set(splits) <= set(SPLITS) or len(set(splits)) < len(splits):
        raise InputError(
            f"task.splits={splits}: must be one or more of {', '.join(SPLITS)}, each once."
        )
    checks.choice("task.by", cfg.task.by, RANKERS)
    cell = Cell.of(cfg, [*KEYS, "task"])
    with claimed(cell, overwrite=cfg.overwrite):
        _write(cfg, splits, cell)
    log.info(
        "the run is in %s: use it with model.first_stage=<it>, negatives.run=<it> or teacher=<it>",
        cell.file(RUN),
    )


def _write(cfg: DictConfig, splits: list[str], cell: Cell) -> None:
    from cells.inputs.training_inputs import open_collection

    collection = open_collection(cfg)
    rank = _by_bm25(cfg, collection) if cfg.task.by == "bm25" else _by_model(cfg, collection)
    runs = [rank(getattr(collection, split)) for split in splits]
    joined = Run(
        [query_id for run in runs for query_id in run.query_ids],
        np.concatenate([run.rows for run in runs]),
        np.concatenate([run.scores for run in runs]),
    )
    write_trec(joined, collection.documents.doc_id, cell.file(RUN), tag=cell.tag)


def _by_bm25(cfg: DictConfig, collection: "Collection") -> Callable[["Split"], Run]:
    from data import bm25_run

    depth = min(cfg.evaluation.depth, len(collection.documents))
    return lambda split: bm25_run(collection, split.queries, depth)


def _by_model(cfg: DictConfig, collection: "Collection") -> Callable[["Split"], Run]:
    from cells.inputs.tokenised import build_network, tokenise
    from cells.training.evaluator import Evaluator

    tokenised = tokenise(cfg, collection)
    evaluator, network = Evaluator(cfg, tokenised), build_network(cfg, tokenised)
    return lambda split: evaluator.retrieve(network, split)
