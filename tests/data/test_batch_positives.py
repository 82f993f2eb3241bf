"""Rows with one positive or with all of their query."""

import numpy as np
import pytest
import torch

from data import (
    Cache,
    Collection,
    Ragged,
    Split,
    TextStore,
    TokenStore,
    TokenStores,
    build_examples,
    collate,
    first_copies,
)
from data.collections.records import Document
from data.storage.ragged import offsets_of
from data.storage.text_store_writer import write_text_store
from evaluation import Run

N = 12


TEXTS = [f"text {row}" for row in range(N)]


TEXTS[7] = TEXTS[2]  # d7 is a copy of d2


QUERIES = {"q0": "zero", "q1": "one", "q2": "two", "q3": "three"}


QRELS = {
    "q0": {"d2": 2, "d0": 1, "d5": 0},
    "q1": {"d1": 1, "d7": 0, "d6": 0, "d8": -1},
    "q2": {"d2": 1},
    "q3": {"d4": 0},
}


MINED = Run(
    ["q2", "q0", "unknown"],
    np.array([[7, 2, 9, 10], [5, 0, 7, 11], [1, 2, 3, 4]]),
    np.array([[4.0, 3.0, 2.0, 1.0]] * 3, np.float32),
)


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    folder = tmp_path_factory.mktemp("collection")
    (folder / "store").mkdir()
    write_text_store(
        folder / "store", (Document(f"d{row}", text) for row, text in enumerate(TEXTS)), "toy"
    )
    split = Split("train", QUERIES, QRELS)
    return Collection(
        "toy", TextStore(folder / "store"), split, split, split, "f", "f", Cache(folder / "cache")
    )


@pytest.fixture(scope="module")
def examples(collection):
    inserted = {("q0", "d0"): "d5", ("q1", "d1"): None, ("q3", "d4"): "d0"}
    return build_examples(
        collection.documents,
        QUERIES,
        QRELS,
        first_copies=first_copies(collection),
        mined=MINED,
        depth=3,
        inserted=inserted,
    )


@pytest.fixture(scope="module")
def stores():
    def store(n: int) -> TokenStore:
        lengths = np.arange(n) % 4 + 1
        return TokenStore(Ragged(np.arange(lengths.sum(), dtype=np.uint16), offsets_of(lengths)))

    return TokenStores(store(len(QUERIES)), store(N))


def test_the_positive_is_named_by_its_column(examples, stores):
    index = np.arange(4)
    negatives = np.array([[3], [4], [5], [6]])
    batch = collate(examples, index, negatives, stores, in_batch=True)
    assert batch.positive_rows.tolist() == [0, 1, 2, 3]
    found = batch.document_rows[batch.positive_columns]
    assert found.tolist() == examples.document_rows.tolist()
    assert (batch.targets > 0).sum(1).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("in_batch", [True, False])
def test_a_row_can_have_all_positives_of_its_query(examples, stores, in_batch):
    """Query 0 has the positives 0 and 2, of grades 1 and 2; each of its examples lists both."""
    index, negatives = np.array([1, 2, 0]), np.array([[3], [4], [5]])
    batch = collate(examples, index, negatives, stores, in_batch=in_batch, all_positives=True)
    grades = [
        {int(batch.document_rows[column]): float(row[column]) for column in row.nonzero()}
        for row in batch.targets
    ]
    assert grades == [{0: 1.0, 2: 2.0}, {1: 1.0}, {0: 1.0, 2: 2.0}]
    assert batch.mask[batch.targets > 0].all()
    assert batch.own[batch.targets > 0].all()
    named = torch.stack([batch.positive_rows, batch.positive_columns], dim=1)
    assert sorted(named.tolist()) == batch.targets.nonzero().tolist()
    own = batch.document_rows[batch.positive_columns[:3]]
    assert own.tolist() == examples.document_rows[index].tolist()
    if in_batch:  # another query's positives are candidates
        assert batch.mask.sum(1).tolist() == [6, 6, 6]
    else:
        assert batch.mask.sum(1).tolist() == [3, 2, 3]
