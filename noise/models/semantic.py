"""semswap-1: a relevant document is replaced by a similar one that is not known to be relevant.

Annotators rarely choose a random wrong document. semswap-1 looks for one that is similar to the
query and the right document, according to an encoder other than the trained model, and keeps the
right one as a judged negative (`swap`), so that the model can still find it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

import checks
from data.collections.collection import Collection
from data.storage.cache import JsonValue
from noise.audit.row import AuditRow
from noise.encoders.embeddings import EncoderRecipe, SimilarityEncoder, Vectors, document_embeddings
from noise.model import Scorer
from noise.selection.document_order import DocumentOrder
from noise.selection.order import Pair
from noise.selection.pair_noise import PairNoise, Process
from noise.selection.relevant import Relevant
from noise.selection.substitution import MODES, Done, Lottery, Substitution, WrongDocuments

FEWEST_PAIRS, MOST_PAIRS = 256, 8192
"""Pairs searched together; blocks grow, since each search reads all embeddings."""
DECIMALS = 6
"""Of similarities, before anything is decided by them."""
MARGIN = 16
"""Extra neighbours, so that rounding in the 32-bit search does not decide who is included."""


class SemanticSwap(PairNoise):
    r"""Semantic substitution, algorithm semswap-1.

    For each pair (q, d+) in the order of the selection:

    1. The anchor is a = lam e_q + (1 - lam) e_{d+}. C holds the K + |known positives of q|
       documents with the largest <a, e_d>.
    2. C loses the known positives of q, their copies, near duplicates of d+ (cos >= dup) and what
       q has already received; its best K stay.
    3. d' ~ softmax(<a, e_d> / T) over C, by the Gumbel-max trick with keyed hashes.
    4. d' takes the grade of d+. In `swap` mode d+ becomes a judged negative, in `replace` mode it
       leaves the judgements.

    Args:
        ratio: share of the training positives to corrupt, in [0, 1).
        seed: of the keyed hashes.
        encoder: configuration of the encoder f with unit vectors e = f(text); not the trained
            model.
        mode: `swap` or `replace`.
        K: size of the pool to draw from, at least 1. Smaller means more similar wrong documents and
            more that are relevant but unjudged.
        lam: weight of the query in the anchor, in [0, 1].
        T: temperature of the draw, above 0. Towards 0 the hardest wrong document, towards infinity
            any of the pool.
        dup: cosine from which a document counts as a copy of d+, in (0, 1].
        audit: an audit file to take the labels from; None to compute them.

    Raises:
        InputError: a parameter is out of its range.
    """

    name = "semantic"
    version = "semswap-1"

    def __init__(
        self,
        *,
        ratio: float,
        seed: int,
        encoder: EncoderRecipe,
        mode: str = "swap",
        K: int = 100,  # noqa: N803 - the name in the definition
        lam: float = 0.5,
        T: float = 0.05,  # noqa: N803 - the name in the definition
        dup: float = 0.95,
        audit: str | None = None,
    ) -> None:
        super().__init__(ratio, seed, audit)
        self.encoder = encoder
        self.mode = checks.choice("noise.mode", mode, MODES)
        self.pool = checks.integer("noise.K", K, 1)
        self.lam = checks.real(
            "noise.lam", lam, "a number from 0 (near the document) to 1 (near the query)", 0.0, 1.0
        )
        self.temperature = checks.real(
            "noise.T", T, "a number above 0", 0.0, float("inf"), open_low=True, open_high=True
        )
        self.dup = checks.real(
            "noise.dup", dup, "a cosine above 0, at most 1", 0.0, 1.0, open_low=True
        )

    def parameters(self) -> Mapping[str, JsonValue]:
        """Return mode, K, lam, T and dup."""
        return {
            "mode": self.mode,
            "K": self.pool,
            "lam": self.lam,
            "T": self.temperature,
            "dup": self.dup,
        }

    def process(self, collection: Collection) -> Process:
        """Return the substitution by neighbours of a collection."""
        encoder = self.encoder.build(collection)

        def outcomes(pairs: Iterable[Pair], done: Done) -> Iterator[AuditRow]:
            neighbourhood = Neighbourhood(collection, encoder, self.pool, self.lam, self.dup)
            substitution = Substitution(self.name, self.mode, self.version)
            lottery = Lottery(self.version, self.seed, self.pool, self.temperature)
            for pair, candidates in neighbourhood.candidates(pairs):
                choice = lottery.choice(
                    pair, candidates, done.inserted[pair.query_id], neighbourhood.order
                )
                yield substitution.row(collection, pair, choice, done)

        return Process(outcomes, Scorer(encoder.name, encoder.fingerprint, "cosine"))


class Neighbourhood:
    """Wrong documents around pairs of a query and a relevant document.

    Args:
        collection: the collection.
        encoder: unit vectors of texts.
        pool: number K of candidates to draw from.
        lam: weight of the query in the anchor.
        dup: cosine of a near duplicate.
    """

    def __init__(
        self, collection: Collection, encoder: SimilarityEncoder, pool: int, lam: float, dup: float
    ) -> None:
        self.order = DocumentOrder(collection)
        self._relevant = Relevant(collection, self.order)
        self._documents = document_embeddings(collection, self.order, encoder)
        self._encoder = encoder
        self._query_texts = collection.train.queries
        self._query_vectors: dict[str, Vectors] = {}
        self._pool, self._lam, self._dup = pool, lam, dup

    def candidates(self, pairs: Iterable[Pair]) -> Iterator[tuple[Pair, WrongDocuments]]:
        """Yield each pair with its candidates, best first, ties by document id.

        Pairs are searched in fixed blocks counted from the first, so that a block has the same
        members whatever the ratio.
        """
        for block in _blocks(pairs):
            queries = self._queries(block)  # [B, D]
            removed = self._documents[
                [self.order.position(pair.doc_id) for pair in block]
            ]  # [B, D]
            anchors = np.float32(self._lam) * queries + np.float32(1 - self._lam) * removed
            widths = [
                self._pool + len(self._relevant.known(pair.query_id).positions) for pair in block
            ]
            found = _nearest(anchors, self._documents, max(widths) + MARGIN)
            for pair, positions, query, document, width in zip(
                block, found, queries, removed, widths, strict=True
            ):
                yield pair, self._wrong(pair, positions[: width + MARGIN], query, document, width)

    def _wrong(
        self,
        pair: Pair,
        positions: NDArray[np.int64],
        query: Vectors,
        document: Vectors,
        width: int,
    ) -> WrongDocuments:
        """Return the candidates among the neighbours, ranked in 64 bits.

        32-bit sums depend on how the matrix product is divided into blocks. Differences between
        processors and numbers of threads are rounded away, so that near ties are broken by
        document id.
        """
        vectors = self._documents[positions].astype(np.float64)  # [C, D]
        to_query, to_document = (
            (vectors @ other.astype(np.float64)).round(DECIMALS) for other in (query, document)
        )
        scores = (self._lam * to_query + (1 - self._lam) * to_document).round(DECIMALS)
        ranked = np.lexsort((positions, -scores))[:width]
        kept = ranked[
            self._relevant.wrong(pair.query_id, positions[ranked])
            & (to_document[ranked] < self._dup)
        ]
        return WrongDocuments(positions[kept], scores[kept], to_query[kept], to_document[kept])

    def _queries(self, block: Sequence[Pair]) -> Vectors:
        new = list(
            dict.fromkeys(
                pair.query_id for pair in block if pair.query_id not in self._query_vectors
            )
        )
        if new:
            encoded = self._encoder.encode_queries(
                [self._query_texts[query_id] for query_id in new]
            )
            self._query_vectors.update(zip(new, encoded, strict=True))
        return np.stack([self._query_vectors[pair.query_id] for pair in block])


def _blocks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    remaining, size = iter(pairs), FEWEST_PAIRS
    while block := list(islice(remaining, size)):
        yield block
        size = min(2 * size, MOST_PAIRS)


def _nearest(anchors: Vectors, documents: Vectors, k: int) -> NDArray[np.int64]:
    """Return the documents with the largest dot products, ties by position [B, min(k, n)]."""
    # here: it needs torch, the configuration of a noise model does not
    from evaluation.exact_search import (
        exact_top_k,
    )

    return exact_top_k(anchors, documents, k)[1]
