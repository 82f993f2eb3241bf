"""Training examples as JSON lines, with the columns that other trainers read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import checks
from data.storage.atomic_files import written_aside
from errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from data.storage.text_store import TextStore
    from data.training.examples import TrainingExamples

LAYOUTS = ("triplet", "n-tuple", "tevatron")
"""The layouts: a line for each pair and negative (`triplet`), or for each pair (the others)."""


def write_examples(
    path: Path,
    layout: str,
    examples: TrainingExamples,
    negatives: NDArray[np.int64],
    *,
    queries: Mapping[str, str],
    documents: TextStore,
) -> None:
    """Write JSON lines for every training pair, in the order of the examples.

    The file is written completely or not at all.

    `triplet` and `n-tuple` have the columns of sentence-transformers' `mine_hard_negatives`:
    anchor, positive, and negative or negative_1 to negative_k (`negative` if k is 1; none if it is
    0). `tevatron` has query_id, query, positive_passages and negative_passages.

    Args:
        path: the file.
        layout: one of `LAYOUTS`.
        examples: the E pairs.
        negatives: document rows of their negatives [E, k].
        queries: the train queries; their order gives the query rows.
        documents: the collection's documents.

    Raises:
        InputError: for an unknown layout, or triplets of examples without negatives.
    """
    checks.choice("task.examples_file", layout, LAYOUTS, or_null="for none")
    if layout == "triplet" and not negatives.shape[1]:
        raise InputError(
            "task.examples_file=triplet with negatives.per_example=0: a triplet has a negative. "
            "Raise negatives.per_example, or set task.examples_file=n-tuple for plain pairs"
        )
    write = {"triplet": _triplets, "n-tuple": _n_tuples, "tevatron": _tevatron}[layout]
    ids = list(queries)
    with written_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        for query, positive, row in zip(
            examples.query_rows.tolist(),
            examples.document_rows.tolist(),
            negatives.tolist(),
            strict=True,
        ):
            for line in write((ids[query], queries[ids[query]]), positive, row, documents):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _triplets(
    query: tuple[str, str], positive: int, negatives: list[int], documents: TextStore
) -> Iterator[dict[str, Any]]:
    for negative in negatives:
        yield {
            "anchor": query[1],
            "positive": documents.text(positive),
            "negative": documents.text(negative),
        }


def _n_tuples(
    query: tuple[str, str], positive: int, negatives: list[int], documents: TextStore
) -> Iterator[dict[str, Any]]:
    columns = (
        ["negative"]
        if len(negatives) == 1
        else [f"negative_{number}" for number in range(1, len(negatives) + 1)]
    )
    others = zip(columns, documents.texts(negatives), strict=True)
    yield {"anchor": query[1], "positive": documents.text(positive), **dict(others)}


def _tevatron(
    query: tuple[str, str], positive: int, negatives: list[int], documents: TextStore
) -> Iterator[dict[str, Any]]:
    def passages(rows: list[int]) -> list[dict[str, str]]:
        return [{"docid": documents.doc_id(row), "text": documents.text(row)} for row in rows]

    yield {
        "query_id": query[0],
        "query": query[1],
        "positive_passages": passages([positive]),
        "negative_passages": passages(negatives),
    }
