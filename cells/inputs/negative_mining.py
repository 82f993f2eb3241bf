"""The source of mined negatives: BM25, a run file, or the network being trained."""

from omegaconf import DictConfig

import checks
from cells.inputs.negative_limits import check_limits
from cells.inputs.train_run import read_train_run
from data import Collection, bm25_run
from errors import InputError
from evaluation import Run


def check_negatives(negatives: DictConfig) -> None:
    """Check the settings before any work.

    Raises:
        InputError: for a value out of range, or a value without effect.
    """
    check_limits(negatives)
    allowed = "0 (none are mined) or more, e.g. 100"
    checks.integer("negatives.depth", negatives.depth, 0, allowed)
    if negatives.refresh_every is not None:
        allowed = "1 epoch or more, or null for never"
        checks.integer("negatives.refresh_every", negatives.refresh_every, 1, allowed)
    nothing = next((key for key in ("per_example", "depth") if negatives[key] == 0), None)
    if nothing is None:
        if not 0 <= negatives.skip < negatives.depth:
            ranks = f"the first negatives.depth={negatives.depth} ranks"
            raise InputError(
                f"negatives.skip={negatives.skip}: must be 0 or more and leave some of {ranks}."
            )
        return
    for key in ("run", "refresh_every"):
        if negatives[key] is not None:
            raise InputError(
                f"negatives.{key}={negatives[key]}: nothing is mined with negatives.{nothing}=0; "
                f"raise it, or set {key} to null."
            )


def first_negatives(negatives: DictConfig, collection: Collection) -> Run | None:
    """Return the run to mine negatives from until the first refresh; None: none are mined.

    The run is complete, whatever `negatives.skip`, and independent of labels: `build_examples`
    removes the noisy positives.

    Raises:
        InputError: for a run file that cannot be read, or has no training query.
    """
    if negatives.per_example == 0 or negatives.depth == 0:
        return None
    if negatives.run is None:
        return bm25_run(collection, collection.train.queries, negatives.depth)
    return _of_file(negatives, collection)


def mines_by_bm25(negatives: DictConfig) -> bool:
    """Return whether negatives are mined by BM25, whose index is then there for other queries."""
    return negatives.per_example > 0 and negatives.depth > 0 and negatives.run is None


def _of_file(negatives: DictConfig, collection: Collection) -> Run:
    run = read_train_run(
        "negatives.run", negatives.run, collection, otherwise="they get random negatives"
    )
    depth = min(run.depth, negatives.depth)
    return Run(run.query_ids, run.rows[:, :depth], run.scores[:, :depth])
