import numpy as np
import pytest
from toy_judgements import MINED, QRELS, QUERIES, TEXTS, N

from data import (
    Cache,
    Collection,
    Ragged,
    Split,
    TextStore,
    TokenStore,
    TokenStores,
    build_examples,
    first_copies,
)
from data.collections.records import Document
from data.storage.ragged import offsets_of
from data.storage.text_store_writer import write_text_store


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
