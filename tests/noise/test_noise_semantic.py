"""semswap-1 against a plain reading of its definition, on vectors made up for the purpose."""

import math
from hashlib import blake2b

import numpy as np
import pytest
from noise_collections import make_collection

from noise import SemanticSwap

DIMENSIONS = 8
N = 60


class MadeUp:
    """Unit vectors drawn from a hash of the text; the configuration and the encoder in one."""

    name, fingerprint, dimensions = "made-up", "0", DIMENSIONS

    def build(self, _collection):
        return self

    def encode_queries(self, texts):
        return self.encode_documents(texts)

    def encode_documents(self, texts):
        return np.array([self.vector(text) for text in texts], np.float32)

    def vector(self, text):
        topic = np.random.default_rng(int(text.split()[0][1:]) % 6).normal(size=DIMENSIONS)
        own = np.random.default_rng(blake2b(text.encode()).digest()[0]).normal(size=DIMENSIONS)
        vector = topic + own * (0.0 if "copy" in text else 0.7)
        return vector / np.linalg.norm(vector)


DOCUMENTS = {f"d{n:02}": f"n{n} text" for n in range(N)} | {
    "d57": "n3 copy",
    "d58": "n3 copy near",
    "d59": "n0 text",
}
QUERIES = {f"q{n}": f"n{n} asked" for n in range(13)}
TRAIN = {f"q{n}": {f"d{n * 2:02}": 1 + n % 2, f"d{n * 2 + 1:02}": 1} for n in range(12)} | {
    "q1": {"d57": 2, "d03": 0}
}
TEST = {"q12": {"d30": 1}, "q3": {"d31": 1}}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(
        tmp_path_factory.mktemp("semantic"), DOCUMENTS, QUERIES, TRAIN, test=TEST
    )


def noise(**keys):
    return SemanticSwap(**({"ratio": 0.5, "seed": 3, "encoder": MadeUp(), "K": 10} | keys))


def u(seed, role, *ids):
    digest = blake2b(
        "|".join(["semswap-1", str(seed), role, *ids]).encode(), digest_size=8
    ).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**64


def by_definition(collection, *, ratio=0.5, seed=3, K=10, lam=0.5, T=0.05, dup=0.95):  # noqa: N803
    """Step by step as written down, with full sorts: (query, removed, inserted, rank)."""
    pairs = [
        (q, d)
        for q, judged in collection.train.qrels.items()
        for d, grade in judged.items()
        if grade >= 1
    ]
    pairs.sort(key=lambda pair: (u(seed, "select", *pair), pair))
    vectors = {
        d: MadeUp().encode_documents([text])[0].astype(np.float64) for d, text in DOCUMENTS.items()
    }
    inserted, done = {}, []
    for q, d in pairs:
        if len(done) == int(ratio * len(pairs) + 0.5):
            return done
        anchor = (
            lam * MadeUp().encode_documents([QUERIES[q]])[0].astype(np.float64)
            + (1 - lam) * vectors[d]
        )
        known = collection.known_positives(q)
        top = sorted(DOCUMENTS, key=lambda each: (-(vectors[each] @ anchor), each))[
            : K + len(known)
        ]
        copies = {DOCUMENTS[each] for each in known}
        kept = [
            e
            for e in top
            if e not in known and DOCUMENTS[e] not in copies and vectors[e] @ vectors[d] < dup
        ]
        pool = [each for each in kept if each not in inserted.get(q, ())][:K]
        if pool:
            best = max(
                pool,
                key=lambda e: (
                    vectors[e] @ anchor / T - math.log(-math.log(u(seed, "pick", q, d, e)))
                ),
            )
            inserted.setdefault(q, set()).add(best)
            done.append((q, d, best, pool.index(best) + 1))
    return done


@pytest.mark.parametrize(
    "keys",
    [{}, {"seed": 8}, {"K": 3, "T": 0.5}, {"lam": 0.0}, {"lam": 1.0, "dup": 0.7}, {"ratio": 0.9}],
)
def test_the_definition(collection, keys):
    rows = [row for row in noise(**keys).corrupt(collection).audit.rows if row.corrupts]
    assert [(row.query_id, row.removed, row.inserted, row.rank) for row in rows] == by_definition(
        collection, **keys
    )


def test_similarities_are_cosines(collection):
    encoder = MadeUp()
    for row in noise().corrupt(collection).audit.rows:
        inserted = encoder.vector(DOCUMENTS[row.inserted])
        assert row.similarity_query == pytest.approx(
            inserted @ encoder.vector(QUERIES[row.query_id]), abs=6e-5
        )
        assert row.similarity_removed == pytest.approx(
            inserted @ encoder.vector(DOCUMENTS[row.removed]), abs=6e-5
        )


def test_swap_leaves_a_judged_negative_and_replace_does_not(collection):
    swap, replace = (noise(mode=mode).corrupt(collection) for mode in ("swap", "replace"))
    assert [row.inserted for row in swap.audit.rows] == [row.inserted for row in replace.audit.rows]
    for row in swap.audit.rows:
        assert swap.qrels[row.query_id][row.removed] == 0
        assert (
            swap.qrels[row.query_id][row.inserted]
            == collection.train.qrels[row.query_id][row.removed]
        )
        assert row.removed not in replace.qrels[row.query_id]


def test_copies_of_the_right_document_are_never_put_in(collection):
    rows = noise(ratio=0.99, T=5.0, K=50).corrupt(collection).audit.rows
    of_d57 = [row.inserted for row in rows if row.removed == "d57"]
    assert of_d57
    assert "d58" not in of_d57  # another text, the same vector
    # the text of d00, a positive of q0
    assert all(row.inserted != "d59" for row in rows if row.query_id == "q0")


def test_low_temperature_takes_the_nearest(collection):
    ranks = [row.rank for row in noise(T=1e-6).corrupt(collection).audit.rows]
    assert set(ranks) <= {1, 2}  # d57 and d58 have one vector: a tie at the top
    assert ranks.count(1) > 0.8 * len(ranks)


def test_pairs_without_candidates_are_skipped_and_replaced(collection):
    audit = noise(dup=0.2, K=2, ratio=0.3).corrupt(collection).audit
    skipped = [row for row in audit.rows if row.kind == "skip"]
    assert skipped
    assert audit.header.skipped == len(skipped)
    assert audit.header.corrupted == int(0.3 * 23 + 0.5)
    assert {row.mode for row in skipped} == {"no candidate"}


def test_embeddings_are_computed_once(collection):
    class Counting(MadeUp):
        fingerprint = "counting"
        texts = 0

        def encode_documents(self, texts):
            Counting.texts += len(texts)
            return super().encode_documents(texts)

    noise(encoder=Counting(), ratio=0.1).corrupt(collection)
    first = Counting.texts
    noise(encoder=Counting(), ratio=0.1, seed=4).corrupt(collection)
    assert first > N
    assert Counting.texts - first <= len(QUERIES)  # queries only
