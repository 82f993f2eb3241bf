"""Exact search against BEIR's DenseRetrievalExactSearch and a matrix product with top-k.

python -m benchmarks.retrieval.searching [--repeats n] [--json file]
"""

import argparse
from typing import Any

import torch
from torch import Tensor

from benchmarks.measuring import Row, command_line, compared, paired, timed
from evaluation.exact_search import exact_top_k

DOCUMENTS, DIMENSIONS, QUERIES, DEPTH = 100_000, 384, 1000, 100
BLOCK = 100  # queries whose scores the raw loop holds at once
TARGETS = {"BEIR DenseRetrievalExactSearch": 1.3, "matrix product and top-k": 0.9}


class Ready:
    """A model that has encoded already."""

    def __init__(self, queries: Tensor, documents: Tensor) -> None:
        self._queries, self._documents = queries, documents
        self._given = 0

    def encode_queries(self, queries: list[str], **_: object) -> Tensor:
        """Return all queries' vectors."""
        self._given = 0
        return self._queries[: len(queries)]

    def encode_corpus(self, corpus: list[dict[str, str]], **_: object) -> Tensor:
        """Return the next documents' vectors."""
        self._given += len(corpus)
        return self._documents[self._given - len(corpus) : self._given]


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return two rows: the peer and the limit."""
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    queries, documents = (
        torch.nn.functional.normalize(torch.randn(n, DIMENSIONS, generator=generator), dim=1)
        for n in (QUERIES, DOCUMENTS)
    )
    corpus = {str(row): {"title": "", "text": ""} for row in range(DOCUMENTS)}
    texts = {f"q{row}": "" for row in range(QUERIES)}
    peer: Any = DenseRetrievalExactSearch(Ready(queries, documents), show_progress_bar=False)
    seconds = paired(
        {
            "ours": lambda: timed(lambda: exact_top_k(queries, documents, DEPTH)),
            "BEIR DenseRetrievalExactSearch": lambda: timed(
                lambda: peer.search(corpus, texts, DEPTH, "dot")
            ),
            "matrix product and top-k": lambda: timed(
                lambda: [(part @ documents.T).topk(DEPTH) for part in torch.split(queries, BLOCK)]
            ),
        },
        arguments.repeats,
    )
    setting = f"{DOCUMENTS} documents x {DIMENSIONS}, {QUERIES} queries, the best {DEPTH}"
    return [
        *compared(
            seconds,
            TARGETS,
            path="search",
            setting=setting,
            work=QUERIES,
            unit="queries/s",
            flop=2 * QUERIES * DOCUMENTS * DIMENSIONS,
        )
    ]


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=5)
