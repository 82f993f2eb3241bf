"""Several lists of suspects of the same labels, joined by the mean of their ranks."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from data.ingest.lines import read_lines
from errors import InputError
from suspects.suspicion import Suspect

FILE = "suspects.tsv"


def mean_ranks(evidence: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the mean rank of each pair over the judges, in (0, 1]; 1: all suspect it most [n].

    Args:
        evidence: of each judge against each pair [n].
    """
    ranks: NDArray[np.float64] = np.mean([rankdata(each) / len(each) for each in evidence], axis=0)
    return ranks


def evidence_in(folder: Path, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Return the evidence that another list of suspects has against each pair [n].

    Args:
        folder: of the list.
        pairs: query_id and doc_id of each pair.

    Raises:
        InputError: the list cannot be read, or ranks other pairs.
    """
    path = folder / FILE
    lines = (line.text for line in read_lines(path))
    rows = list(csv.DictReader(lines, delimiter="\t"))
    try:
        found = {(row["query_id"], row["doc_id"]): float(row["evidence"]) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"task.beside: {path} is no list of suspects, whose columns are "
            f"{', '.join(Suspect._fields)}."
        ) from error
    if found.keys() != set(pairs):
        raise InputError(
            f"task.beside: {path} ranks other labels than those of this collection and noise; give "
            "folders of task=suspects that differ in the judge only."
        )
    return np.array([found[pair] for pair in pairs])
