"""BM25 as a judge of labels, which learns nothing and so is held out from all of them."""

import numpy as np

from data import Collection, TrainingExamples, bm25_run
from data.runs.ranked_lists import NO_DOCUMENT
from suspects.margins import Margins, rivals_of

DEPTH = 1000
"""Documents of each query; a labelled document below them counts as the last one."""


def bm25_margins(collection: Collection, examples: TrainingExamples, rivals: int) -> Margins:
    """Return BM25's scores of all pairs and their rivals, as those of one epoch.

    Args:
        collection: the collection.
        examples: its n training pairs.
        rivals: rivals of each pair.
    """
    rows, place = np.unique(examples.query_rows, return_inverse=True)
    texts = list(collection.train.queries.items())
    run = bm25_run(collection, dict(texts[row] for row in rows), DEPTH)
    found = rivals_of(run, examples.positives.take(rows), examples.first_copies, rivals)
    # a list that ends early leaves out documents without a term of the query, whose score is 0
    unlisted = np.where(np.isfinite(run.scores[:, -1]), run.scores[:, -1], 0.0)
    alone = found.rows[:, 0] == NO_DOCUMENT  # the positives: the best rival is an unlisted one
    found.scores[alone, 0] = unlisted[alone]
    own = run.rows[place] == examples.document_rows[:, None]
    listed = np.where(own, run.scores[place], -np.inf).max(axis=1)
    labelled = np.where(np.isfinite(listed), listed, unlisted[place]).astype(np.float32)
    pairs = np.arange(len(examples))
    return Margins(pairs, labelled[None], found.rows[place][None], found.scores[place][None])
