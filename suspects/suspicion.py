"""The training pairs, most suspect first."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data import Collection, TrainingExamples
from data.exchange.qrels_file import check_id
from data.storage.atomic_files import written_aside


class Suspect(NamedTuple):
    """A training pair, with what speaks against its label.

    Attributes:
        query_id: the query.
        doc_id: the labelled document.
        likely_doc_id: the document that the models would rather label; empty if they have none.
        evidence: see `suspects.evidence`.
        rank: 1 for the most suspect pair.
    """

    query_id: str
    doc_id: str
    likely_doc_id: str
    evidence: float
    rank: int


def labelled_pairs(collection: Collection, examples: TrainingExamples) -> list[tuple[str, str]]:
    """Return query_id and doc_id of each training pair [n].

    Args:
        collection: the collection.
        examples: its training pairs.
    """
    query_ids, doc_id = list(collection.train.queries), collection.documents.doc_id
    rows = zip(examples.query_rows.tolist(), examples.document_rows.tolist(), strict=True)
    return [(query_ids[query], doc_id(document)) for query, document in rows]


def ranked_suspects(
    collection: Collection,
    pairs: list[tuple[str, str]],
    evidence: NDArray[np.float64],
    likely: NDArray[np.int64],
) -> list[Suspect]:
    """Return all pairs by descending evidence, ties in the order of the examples.

    Args:
        collection: the collection.
        pairs: query_id and doc_id of its n training pairs.
        evidence: against each of them [n].
        likely: document row that is likelier than the labelled one, or -1 [n].
    """
    name = collection.documents.doc_id
    suspects = []
    for rank, pair in enumerate(np.argsort(-evidence, kind="stable").tolist(), 1):
        query_id, doc_id = pairs[pair]
        likely_id = name(int(likely[pair])) if likely[pair] >= 0 else ""
        suspects.append(Suspect(query_id, doc_id, likely_id, float(evidence[pair]), rank))
    return suspects


def write_suspects(suspects: list[Suspect], path: Path) -> None:
    """Write the list as tab-separated lines below the names of the columns.

    Raises:
        InputError: an id cannot be written between tabs.
    """
    for suspect in suspects:
        for text_id in filter(None, suspect[:3]):
            check_id(text_id, path)
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(Suspect._fields)
        writer.writerows((*each[:3], f"{each.evidence:.6g}", each.rank) for each in suspects)
