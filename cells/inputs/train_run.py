"""A run file for the training queries, named by a setting."""

import logging
from pathlib import Path

from data import Collection
from errors import InputError
from evaluation import Run, read_trec

log = logging.getLogger(__name__)


def read_train_run(key: str, path: str, collection: Collection, otherwise: str) -> Run:
    """Return the ranked lists of the training queries in a run file.

    Args:
        key: the setting that names the file, for messages.
        path: the TREC run file.
        collection: the collection with the ranked documents.
        otherwise: what happens to training queries that the file lacks, for messages.

    Raises:
        InputError: if the file cannot be read, or has no training query.
    """
    run = read_trec(Path(path), collection.documents)
    asked = collection.train.queries
    answered = [row for row, query_id in enumerate(run.query_ids) if query_id in asked]
    if not answered:
        raise InputError(
            f"{key}={path}: it has none of the {len(asked)} training queries; give a run for the "
            "training queries."
        )
    if len(answered) < len(asked):
        missing = len(asked) - len(answered)
        log.warning("%s=%s lacks %d training queries: %s", key, path, missing, otherwise)
    return Run([run.query_ids[row] for row in answered], run.rows[answered], run.scores[answered])
