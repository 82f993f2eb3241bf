"""What models say of labelled pairs, epoch by epoch: their scores, and those of their rivals."""

import zlib
from pathlib import Path
from typing import NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from data.runs.ranked_lists import NO_DOCUMENT, Run
from data.storage.hashed_files import fault_of, written_hashed
from data.storage.ragged import Ragged


class Margins(NamedTuple):
    """The scores of n labelled pairs and their R best rivals after each of E epochs.

    A rival is a document that is not labelled positive for the pair's query. Scores are divided by
    the model's temperature.

    Attributes:
        pairs: the pairs' places among the training examples [n].
        labelled: score of the labelled document, float32 [E, n].
        rivals: rows of the rivals, best first; -1 where there are fewer, int64 [E, n, R].
        rival_scores: their scores; an upper bound in the first place of a pair that has no rival
            among the ranked documents, -inf in later empty ones, float32 [E, n, R].
    """

    pairs: NDArray[np.int64]
    labelled: NDArray[np.float32]
    rivals: NDArray[np.int64]
    rival_scores: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: "list[Margins]") -> "Margins":
        """Return the pairs of several models, which were trained for equally many epochs or not.

        Models that stopped early repeat their last epoch, so that all pairs have as many values.
        """
        epochs = max(len(part.labelled) for part in parts)
        order = np.argsort(np.concatenate([part.pairs for part in parts]), kind="stable")
        columns = [
            np.concatenate([_lasting(part[field], epochs) for part in parts], axis=1)[:, order]
            for field in range(1, 4)
        ]
        return cls(np.concatenate([part.pairs for part in parts])[order], *columns)

    def write(self, path: Path) -> None:
        """Write the scores to a file, completely or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_hashed(path) as aside, aside.open("wb") as file:
            np.savez(file, **self._asdict())

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what `write` wrote; None if the file is missing or damaged."""
        if fault_of(path) is not None:
            return None
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(*(stored[name] for name in cls._fields))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
            return None


class Rivals(NamedTuple):
    """The best rivals of Q queries, as in `Margins`.

    Attributes:
        rows: rows of the documents [Q, R].
        scores: their scores [Q, R].
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]


def rivals_of(run: Run, positives: Ragged, first_copies: NDArray[np.int64], count: int) -> Rivals:
    """Return the best documents of each query that are none of its positives.

    A query whose list holds positives alone gets the list's last score: no rival scores more.

    Args:
        run: ranked lists of Q queries.
        positives: for each of them its positives, as first copies.
        first_copies: see `data.first_copies`.
        count: rivals of each query, R.
    """
    excluded = _positives_among(run.rows, first_copies, positives) | (run.rows == NO_DOCUMENT)
    order = np.argsort(excluded, axis=1, kind="stable")[:, :count]
    gone = np.take_along_axis(excluded, order, axis=1)
    rows = np.where(gone, NO_DOCUMENT, np.take_along_axis(run.rows, order, axis=1))
    scores = np.where(gone, -np.inf, np.take_along_axis(run.scores, order, axis=1))
    least = np.where(np.isfinite(run.scores), run.scores, np.inf).min(axis=1)
    # an empty list is BM25's, of documents without a term of the query, whose score is 0
    bound = np.where(np.isfinite(least), least, 0.0)
    scores[:, 0] = np.where(gone[:, 0], bound, scores[:, 0])
    return Rivals(rows, scores.astype(np.float32))


def _positives_among(
    rows: NDArray[np.int64], first_copies: NDArray[np.int64], positives: Ragged
) -> NDArray[np.bool_]:
    """Return which ranked documents hold the text of one of their query's positives [Q, k]."""
    listed, total = rows != NO_DOCUMENT, len(first_copies)
    places = np.arange(len(rows))[:, None] * total + first_copies[np.where(listed, rows, 0)]
    found: NDArray[np.bool_] = np.isin(places, positives.owners * total + positives.values)
    found &= listed
    return found


def _lasting(values: NDArray[np.generic], epochs: int) -> NDArray[np.generic]:
    """Return values of each epoch [E, ...], the last repeated up to a number of epochs."""
    return values[np.minimum(np.arange(epochs), len(values) - 1)]
