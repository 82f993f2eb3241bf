"""The task that scores a model without training it."""

import logging

from omegaconf import DictConfig

from cells.record.directory import Cell
from cells.record.environment import describe
from cells.record.lock import claimed
from cells.record.made_from import KEY, check_finished, file_hashes
from cells.record.scores import show
from cells.record.written_scores import read_scores, write_scores
from evaluation import check_depth, parse_measures

log = logging.getLogger(__name__)

KEYS = (
    "dataset",
    "model",
    "seed",
    "measures",
    "selection_measure",
    "evaluation",
    "bm25",
    "output_dir",
    "cache_dir",
)
"""The keys of the configuration that such a cell depends on."""


def evaluate(cfg: DictConfig) -> float:
    """Retrieve for the test split with the untrained model, and return the selection measure.

    Raises:
        InputError: for configuration or data that cannot be used.
        BusyError: if another process evaluates this model.
    """
    cell = Cell.of(cfg, KEYS)
    check_depth(parse_measures(cfg.measures), cfg.evaluation.depth, "evaluation.depth")
    with claimed(cell, overwrite=cfg.overwrite):
        if cell.finished:
            check_finished(cell, read_scores(cell.directory))
            log.info(
                "%s is finished, in %s: skipped; overwrite=true runs it again",
                cell.name,
                cell.directory,
            )
        else:
            _run(cfg, cell)
    scores = read_scores(cell.directory)
    show(cell, scores)
    return float(scores["measures"][cfg.selection_measure])


def _run(cfg: DictConfig, cell: Cell) -> None:
    from cells.inputs.tokenised import build_network, tokenise
    from cells.inputs.training_inputs import open_collection
    from cells.training.evaluator import Evaluator

    files = file_hashes(cell)
    tokenised = tokenise(cfg, open_collection(cfg))
    report = Evaluator(cfg, tokenised).test(build_network(cfg, tokenised), cell)
    scores = {"cell": cell.name, "measures": report.measures, "search": report.facts}
    made_from = {"files": files, "collection": tokenised.collection.fingerprint}
    write_scores(cell.directory, scores | {"seed": cfg.seed, KEY: made_from} | describe())
