"""The encoders of the semantic noise, and embeddings kept with the collection.

An encoder must not be the trained model or the model it starts from: noise that the model itself
finds similar would be adversarial to it.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from data.collections.collection import Collection
from data.storage.new_array import new_array
from noise.selection.document_order import DocumentOrder
from terminal import track

if TYPE_CHECKING:
    from data.storage.cache import JsonValue

TEXTS_AT_ONCE = 512

Vectors = NDArray[np.float32]


class SimilarityEncoder(Protocol):
    """Texts to unit vectors."""

    @property
    def name(self) -> str:
        """Name of the encoder, for the audit."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of the weights (hex)."""
        ...

    @property
    def dimensions(self) -> int:
        """Length D of the vectors."""
        ...

    def encode_queries(self, texts: list[str]) -> Vectors:
        """Return a unit vector per query, or 0 for a text without known words, float32 [n, D]."""
        ...

    def encode_documents(self, texts: list[str]) -> Vectors:
        """Return one vector of length 1 (or 0) per document, float32 [n, D]."""
        ...


class EncoderRecipe(Protocol):
    """Configuration of an encoder: what a `noise.encoder` node instantiates to."""

    def build(self, collection: Collection) -> SimilarityEncoder:
        """Return the encoder, fitted to the collection or loaded."""
        ...


def document_embeddings(
    collection: Collection, order: DocumentOrder, encoder: SimilarityEncoder
) -> Vectors:
    """Return the embeddings of all documents by position [n, D], memory-mapped and cached."""
    key: dict[str, JsonValue] = {
        "documents": collection.documents_fingerprint,
        "encoder": encoder.fingerprint,
        "order": "doc_id",
        "version": 1,
    }
    folder = collection.cache.folder("embeddings", key, partial(_write, collection, order, encoder))
    return cast("Vectors", np.load(folder / "embeddings.npy", mmap_mode="r"))


def batches(items: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield lists of `size` items, the last one shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def unit(vectors: Vectors) -> Vectors:
    """Return the rows divided by their lengths [n, D]; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)


def _write(
    collection: Collection, order: DocumentOrder, encoder: SimilarityEncoder, folder: Path
) -> None:
    shape = (len(order), encoder.dimensions)
    embeddings = new_array(folder / "embeddings.npy", np.float32, shape)
    begin = 0
    texts = track(
        collection.documents.texts(map(int, order.rows)),
        f"Encoding documents ({encoder.name})",
        total=len(order),
    )
    for batch in batches(texts, TEXTS_AT_ONCE):
        embeddings[begin : begin + len(batch)] = encoder.encode_documents(batch)
        begin += len(batch)
