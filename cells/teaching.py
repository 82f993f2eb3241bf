"""The task that writes a teacher: a run of the train queries, for the losses that compare with another system's scores."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from errors import InputError

if TYPE_CHECKING:
    from data import Collection
    from evaluation import Run

log = logging.getLogger(__name__)

RANKERS = ("bm25", "model")


def teach(cfg: DictConfig) -> None:
    """Ranks the train queries and writes a TREC run.

    It knows queries and documents only, no labels, so it is the same for every noise.

    Raises:
        InputError: for configuration or data that cannot be used.
    """
    from cells.materials import open_collection
    from evaluation import write_trec

    if cfg.task.by not in RANKERS:
        raise InputError(f"task.by={cfg.task.by}: must be one of {', '.join(RANKERS)}.")
    if not isinstance(cfg.task.depth, int) or cfg.task.depth < 1:
        raise InputError(f"task.depth={cfg.task.depth}: must be an integer of at least 1.")
    collection = open_collection(cfg)
    depth = min(cfg.task.depth, len(collection.documents))
    run = _by_model(cfg, collection, depth) if cfg.task.by == "model" else _by_bm25(collection, depth)
    file = Path(cfg.task.file)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_trec(run, collection.documents.doc_id, file, tag=cfg.task.by)
    log.info("%d train queries ranked to depth %d; train with teacher=%s", len(run.query_ids), depth, file)


def _by_bm25(collection: "Collection", depth: int) -> "Run":
    from data import bm25_run

    return bm25_run(collection, collection.train.queries, depth)


def _by_model(cfg: DictConfig, collection: "Collection", depth: int) -> "Run":
    from cells.evaluating import Evaluator
    from cells.tokenised import build_network, tokenise

    tokenised = tokenise(cfg, collection)
    return Evaluator(cfg, tokenised).rank_train(build_network(cfg, tokenised), depth)
