"""The task that writes a model's ranked lists, as a first stage for a re-ranker or a source of negatives."""

import logging

import numpy as np
from omegaconf import DictConfig

from cells.directory import Cell
from cells.evaluation_only import KEYS
from errors import InputError
from evaluation import Run, write_trec

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")


def retrieve(cfg: DictConfig) -> None:
    """Writes run.trec: the first evaluation.depth documents for every query of the splits asked for, by the configured model as it is.

    Raises:
        InputError: for configuration or data that cannot be used.
    """
    splits = list(cfg.task.splits)
    if not splits or not set(splits) <= set(SPLITS) or len(set(splits)) < len(splits):
        raise InputError(f"task.splits={splits}: must be one or more of {', '.join(SPLITS)}, each once.")
    cell = Cell.of(cfg, [*KEYS, "task"])
    path = cell.file("run.trec")
    cell.claim(overwrite=cfg.overwrite)
    _write(cfg, splits, cell)
    log.info("the run is in %s: model.first_stage=%s re-ranks it, negatives.run=%s mines from it", path, path, path)


def _write(cfg: DictConfig, splits: list[str], cell: Cell) -> None:
    from cells.evaluating import Evaluator
    from cells.materials import open_collection
    from cells.tokenised import build_network, tokenise

    tokenised = tokenise(cfg, open_collection(cfg))
    evaluator, network = Evaluator(cfg, tokenised), build_network(cfg, tokenised)
    runs = [evaluator.retrieve(network, getattr(tokenised.collection, split)) for split in splits]
    joined = Run(
        [query_id for run in runs for query_id in run.query_ids],
        np.concatenate([run.rows for run in runs]),
        np.concatenate([run.scores for run in runs]),
    )
    write_trec(joined, tokenised.collection.documents.doc_id, cell.file("run.trec"), tag=cell.name)
