"""Latent semantic analysis, an encoder that needs only the documents.

tf-idf vectors of the documents, projected on the leading singular directions of the collection. It
shares nothing with a trained retriever, runs on any machine and finds documents about the same
things; it knows no synonyms that the collection does not show.

Reference: Deerwester et al., "Indexing by latent semantic analysis", JASIS 41(6), 1990.
"""

import json
from functools import cached_property, partial
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import checks
from data.collections.collection import Collection
from errors import InputError
from keyed_random import keyed_uniforms
from noise.audit.collection_content import documents_hash
from noise.encoders.embeddings import Vectors, unit
from noise.selection.document_order import IDS_AT_ONCE, DocumentOrder

if TYPE_CHECKING:
    from data.storage.cache import JsonValue

VERSION = "lsa-2"
"""lsa-1 was fitted in 32 bits, where last digits depended on processors and threads."""
SAMPLE = "lsa-1"
"""In the keys of the sample's draws."""
DEPENDENCIES = ("scikit-learn", "scipy", "numpy")
"""Libraries that the fit is computed with."""
# a pattern of words, not a secret; parts of snake_case names are words
TOKEN = r"(?u)[^\W_]{2,}"  # noqa: S105


class LatentSemantics:
    """Configuration of latent semantic analysis.

    Args:
        dimensions: number of singular directions; fewer if the collection has fewer.
        terms: number of terms, the most frequent ones.
        sample: documents to fit on; a larger collection is sampled by keyed hash.

    Raises:
        InputError: a parameter is not a whole number of at least 1.
    """

    def __init__(self, dimensions: int = 256, terms: int = 50_000, sample: int = 50_000) -> None:
        self.dimensions = checks.integer("noise.encoder.dimensions", dimensions, 1)
        self.terms = checks.integer("noise.encoder.terms", terms, 1)
        self.sample = checks.integer("noise.encoder.sample", sample, 1)

    def build(self, collection: Collection) -> "LatentSemanticEncoder":
        """Return the encoder fitted to the documents; the fit is cached with the collection.

        Raises:
            InputError: the documents contain no words.
        """
        key: dict[str, JsonValue] = {
            "documents": collection.documents_fingerprint,
            "version": VERSION,
            "dimensions": self.dimensions,
            "terms": self.terms,
            "sample": self.sample,
            **{name: version(name) for name in DEPENDENCIES},
        }
        recipe = json.dumps(key | {"documents": documents_hash(collection)}, sort_keys=True)
        return LatentSemanticEncoder(
            collection.cache.folder("latent_semantics", key, partial(self._fit, collection)),
            blake2b(recipe.encode(), digest_size=16).hexdigest(),
        )

    def _fit(self, collection: Collection, folder: Path) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        rows = self._sampled(collection)
        vectorizer = TfidfVectorizer(
            token_pattern=TOKEN, max_features=self.terms, sublinear_tf=True, dtype=np.float64
        )
        try:
            weights = vectorizer.fit_transform(collection.documents.texts(rows))
        except ValueError as error:
            raise InputError(
                f"dataset: the documents of {collection.name} contain no words to compare ({error})"
            ) from error
        rank = min(self.dimensions, *weights.shape)
        directions = (
            TruncatedSVD(
                rank,
                algorithm="arpack" if rank < min(weights.shape) else "randomized",
                random_state=0,
            )
            .fit(weights)
            .components_
        )
        (folder / "terms.json").write_text(
            json.dumps(vectorizer.get_feature_names_out().tolist()), encoding="utf-8"
        )
        np.save(folder / "idf.npy", vectorizer.idf_)
        np.save(folder / "directions.npy", directions)  # [D, terms]

    def _sampled(self, collection: Collection) -> list[int]:
        """Return the rows to fit on, sorted by id, independent of the order of the corpus."""
        order = DocumentOrder(collection)
        if len(order) <= self.sample:
            return [int(row) for row in order.rows]
        blocks = np.array_split(np.arange(len(order)), -(-len(order) // IDS_AT_ONCE))
        draws = np.concatenate(
            [keyed_uniforms(SAMPLE, 0, "sample", (), order.doc_ids(block)) for block in blocks]
        )
        chosen = np.argsort(draws, kind="stable")[: self.sample]
        return [int(row) for row in order.rows[np.sort(chosen)]]


class LatentSemanticEncoder:
    """A fitted latent semantic analysis (a `SimilarityEncoder`).

    Args:
        folder: what `LatentSemantics` wrote.
        fingerprint: hash of the recipe: documents, parameters and versions of the libraries. Not of
            the numbers, whose last digits depend on the processor and the number of threads.
    """

    name = VERSION

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._terms = (folder / "terms.json").read_bytes()
        self._idf = np.load(folder / "idf.npy")
        self._directions = np.load(folder / "directions.npy")

    @property
    def dimensions(self) -> int:
        """Number of singular directions D."""
        return len(self._directions)

    @cached_property
    def _vectorizer(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(
            token_pattern=TOKEN,
            vocabulary=json.loads(self._terms),
            sublinear_tf=True,
            dtype=np.float64,
        )
        vectorizer.idf_ = self._idf
        return vectorizer

    @cached_property
    def _projection(self) -> Vectors:
        return np.ascontiguousarray(self._directions.T)  # [terms, D]

    def encode_queries(self, texts: list[str]) -> Vectors:
        """Return unit vectors [n, D]; a query is a text like any other."""
        return self.encode_documents(texts)

    def encode_documents(self, texts: list[str]) -> Vectors:
        """Return unit vectors [n, D]; zeros for a text without known terms."""
        return unit(self._vectorizer.transform(texts) @ self._projection)
