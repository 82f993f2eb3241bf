"""A run file that a setting names and that must answer train queries."""

import logging
from pathlib import Path

from data import Collection
from errors import InputError
from evaluation import Run, read_trec

log = logging.getLogger(__name__)


def read_train_run(key: str, path: str, collection: Collection, otherwise: str) -> Run:
    """Return the ranked lists of the train queries in a run file.

    Args:
        key: the setting that names the file, for messages.
        path: the TREC run file.
        collection: its documents are ranked.
        otherwise: what becomes of train queries that the file does not answer.

    Raises:
        InputError: the file cannot be read, or answers no train query.
    """
    run = read_trec(Path(path), collection.documents)
    asked = collection.train.queries
    answered = [row for row, query_id in enumerate(run.query_ids) if query_id in asked]
    if not answered:
        raise InputError(
            f"{key}={path}: it answers none of the {len(asked)} train queries; give a run of train "
            "queries."
        )
    if len(answered) < len(asked):
        missing = len(asked) - len(answered)
        log.warning("%s=%s does not answer %d train queries: %s", key, path, missing, otherwise)
    return Run([run.query_ids[row] for row in answered], run.rows[answered], run.scores[answered])
