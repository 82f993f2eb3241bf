"""A folder with made-up passages, queries and judgements, in as many pieces as MS MARCO has."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.retrieval.made_up_passages import (
    MS_MARCO,
    TRAIN_QUERIES,
    VALIDATION_QUERIES,
    MadeUpPassages,
)

SEED = 0


def write_rehearsal_collection(size: int, folder: Path) -> None:
    """Write the collection, unless it is there.

    Training queries are as dense as those of MS MARCO; there are always as many validation and test
    queries as MS MARCO's development set has. The passage that a query is made from is relevant.

    Args:
        size: passages.
        folder: in BEIR layout.
    """
    if folder.exists():
        return
    aside = folder.with_name(f"{folder.name}.aside")
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "qrels").mkdir(parents=True)
    passages = MadeUpPassages(size, SEED)
    with (aside / "corpus.jsonl").open("w", encoding="utf-8") as corpus:
        corpus.writelines(_lines(enumerate(passages.texts())))
    _write_queries(passages, aside)
    aside.rename(folder)


def _lines(texts: Iterator[tuple[int, str]]) -> Iterator[str]:
    return (json.dumps({"_id": str(row), "text": text}) + "\n" for row, text in texts)


def _write_queries(passages: MadeUpPassages, folder: Path) -> None:
    train = TRAIN_QUERIES * passages.size // MS_MARCO
    splits = np.repeat(["train", "dev", "test"], [train, VALIDATION_QUERIES, VALIDATION_QUERIES])
    np.random.default_rng(SEED).shuffle(splits)
    with ExitStack() as stack:
        queries = stack.enter_context((folder / "queries.jsonl").open("w", encoding="utf-8"))
        qrels = {
            split: stack.enter_context((folder / "qrels" / f"{split}.tsv").open("w"))
            for split in ("train", "dev", "test")
        }
        for file in qrels.values():
            file.write("query-id\tcorpus-id\tscore\n")
        made = passages.queries(len(splits))
        for split, (row, text) in zip(splits.tolist(), made, strict=True):
            queries.write(json.dumps({"_id": f"q{row}", "text": text}) + "\n")
            qrels[split].write(f"q{row}\t{row}\t1\n")
