"""A synthetic collection of any size with free embeddings, to see how the search grows."""

import time
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data import Cache, Collection, Document, Split
from data.storage.text_store import TextStore
from data.storage.text_store_writer import write_text_store
from noise import SemanticSwap, SimilarityEncoder

DIMENSIONS = 256
RATIO = 0.999


class MadeUp:
    """Unit vectors drawn from a hash of the text (configuration and encoder in one)."""

    name = "made-up"
    fingerprint = "made-up-1"
    dimensions = DIMENSIONS

    def build(self, collection: Collection) -> SimilarityEncoder:  # noqa: ARG002 - nothing to fit
        """Return the encoder itself."""
        return self

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        """Return random unit vectors [n, D]."""
        return self.encode_documents(texts)

    def encode_documents(self, texts: list[str]) -> NDArray[np.float32]:
        """Return random unit vectors [n, D]."""
        seeds = (
            int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") for text in texts
        )
        vectors = np.stack(
            [np.random.default_rng(seed).standard_normal(DIMENSIONS, np.float32) for seed in seeds]
        )
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def cpu_seconds_for(size: int, pairs: int, folder: Path) -> float:
    """Return the CPU seconds to corrupt nearly all pairs, with cached embeddings and hashes."""
    collection = _collection(size, pairs, folder)
    SemanticSwap(ratio=1.5 / pairs, seed=1, encoder=MadeUp()).corrupt(collection)
    begin = time.process_time()
    SemanticSwap(ratio=RATIO, seed=1, encoder=MadeUp()).corrupt(collection)
    return time.process_time() - begin


def _collection(size: int, pairs: int, folder: Path) -> Collection:
    store = folder / "documents"
    store.mkdir()
    write_text_store(
        store, (Document(f"d{number}", f"document {number}") for number in range(size)), "synthetic"
    )
    documents = TextStore(store)
    queries = {f"q{number}": f"query {number}" for number in range(pairs)}
    train = Split(
        "train", queries, {query_id: {f"d{number}": 1} for number, query_id in enumerate(queries)}
    )
    nothing = (Split("validation", {}, {}), Split("test", {}, {}))
    return Collection(
        f"synthetic-{size}",
        documents,
        train,
        *nothing,
        f"synthetic-{size}",
        documents.fingerprint,
        Cache(folder / "cache"),
    )
