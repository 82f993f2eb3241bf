"""The noise encoder without weights, and the embeddings kept with a collection."""

import numpy as np
import pytest
from noise_collections import WORDS, configuration, make_collection

from noise import LatentSemantics
from noise.encoders.embeddings import document_embeddings
from noise.selection.document_order import DocumentOrder

DOCUMENTS = {
    f"d{n:02}": f"{WORDS[n % 7]} {WORDS[n % 5]} {WORDS[(n // 5) % 14]}" for n in reversed(range(40))
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(
        tmp_path_factory.mktemp("encoders"),
        DOCUMENTS,
        {"q0": "amber fjord", "q1": "dune"},
        {"q0": {"d00": 1}, "q1": {"d03": 1}},
    )


def lengths(vectors):
    return np.linalg.norm(vectors, axis=1)


def test_latent_semantics_are_unit_vectors_of_topics(collection):
    encoder = LatentSemantics(dimensions=6).build(collection)
    vectors = encoder.encode_documents(
        ["amber basil", "amber basil amber", "nothing known", "heron"]
    )
    assert vectors.shape == (4, encoder.dimensions)
    assert vectors.dtype == np.float32
    assert lengths(vectors) == pytest.approx([1, 1, 0, 1], abs=1e-6)
    assert vectors[0] @ vectors[1] > 0.9 > vectors[0] @ vectors[3]


def test_latent_semantics_fit_is_the_same_every_time(collection, tmp_path):
    other = make_collection(
        tmp_path, dict(sorted(DOCUMENTS.items())), {"q0": "amber"}, {"q0": {"d00": 1}}
    )
    encoders = [
        LatentSemantics(dimensions=6).build(each) for each in (collection, collection, other)
    ]
    assert len({encoder.fingerprint for encoder in encoders}) == 1
    assert LatentSemantics(dimensions=5).build(collection).fingerprint != encoders[0].fingerprint


def test_latent_semantics_of_a_sample(collection):
    sampled = LatentSemantics(dimensions=4, sample=12).build(collection)
    assert sampled.fingerprint != LatentSemantics(dimensions=4).build(collection).fingerprint


def test_embeddings_are_mapped_in_the_order_of_the_ids(collection):
    encoder = LatentSemantics(dimensions=6).build(collection)
    order = DocumentOrder(collection)
    embeddings = document_embeddings(collection, order, encoder)
    assert isinstance(embeddings, np.memmap)
    assert embeddings[order.position("d07")] == pytest.approx(
        encoder.encode_documents([DOCUMENTS["d07"]])[0], abs=1e-6
    )
    assert order.doc_ids(np.arange(len(order))) == sorted(DOCUMENTS)


def test_the_encoder_is_a_choice():
    assert (
        configuration("+seed=1", "+noise=semantic").noise.encoder._target_
        == "noise.LatentSemantics"
    )
    chosen = configuration("+seed=1", "+noise=semantic", "noise/encoder=minilm")
    assert chosen.noise.encoder.path == "packaged:minilm"
    within = configuration(
        "+seed=1", "+noise=instance", "noise/encoder@noise.target.encoder=minilm"
    )
    assert within.noise.target.encoder.path == "packaged:minilm"
    exported = configuration(
        "+seed=1", "+noise=semantic", "noise/encoder=export", "noise.encoder.path=there"
    )
    assert exported.noise.encoder._target_ == "noise.ExportedEncoder"
