"""Encoders of the semantic noise."""

import numpy as np
import pytest
import torch
from noise_collections import WORDS, configuration, make_collection, model
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from data.packaged_weights import minilm_folder
from errors import InputError
from noise import LatentSemantics, TransformerTextEncoder
from noise.document_order import DocumentOrder
from noise.encoders import document_embeddings

DOCUMENTS = {f"d{n:02}": f"{WORDS[n % 7]} {WORDS[n % 5]} {WORDS[(n // 5) % 14]}" for n in reversed(range(40))}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(
        tmp_path_factory.mktemp("encoders"), DOCUMENTS, {"q0": "amber fjord", "q1": "dune"}, {"q0": {"d00": 1}, "q1": {"d03": 1}}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BERT of 16 dimensions with random weights."""
    path = tmp_path_factory.mktemp("bert")
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(path)
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=32, **shape)).save_pretrained(path)
    return path


def lengths(vectors):
    return np.linalg.norm(vectors, axis=1)


def test_latent_semantics_are_unit_vectors_of_topics(collection):
    encoder = LatentSemantics(dimensions=6).ready(collection)
    vectors = encoder.encode(["amber basil", "amber basil amber", "nothing known", "heron"])
    assert vectors.shape == (4, encoder.dimensions)
    assert vectors.dtype == np.float32
    assert lengths(vectors) == pytest.approx([1, 1, 0, 1], abs=1e-6)
    assert vectors[0] @ vectors[1] > 0.9 > vectors[0] @ vectors[3]


def test_latent_semantics_fit_is_the_same_every_time(collection, tmp_path):
    other = make_collection(tmp_path, dict(sorted(DOCUMENTS.items())), {"q0": "amber"}, {"q0": {"d00": 1}})
    encoders = [LatentSemantics(dimensions=6).ready(each) for each in (collection, collection, other)]
    assert len({encoder.fingerprint for encoder in encoders}) == 1
    assert LatentSemantics(dimensions=5).ready(collection).fingerprint != encoders[0].fingerprint


def test_latent_semantics_of_a_sample(collection):
    sampled = LatentSemantics(dimensions=4, sample=12).ready(collection)
    assert sampled.fingerprint != LatentSemantics(dimensions=4).ready(collection).fingerprint


def test_embeddings_are_mapped_in_the_order_of_the_ids(collection):
    encoder = LatentSemantics(dimensions=6).ready(collection)
    order = DocumentOrder(collection)
    embeddings = document_embeddings(collection, order, encoder)
    assert isinstance(embeddings, np.memmap)
    assert embeddings[order.position("d07")] == pytest.approx(encoder.encode([DOCUMENTS["d07"]])[0], abs=1e-6)
    assert [order.doc_id(position) for position in range(len(order))] == sorted(DOCUMENTS)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_transformer_pools_real_tokens_only(folder, pooling):
    encoder = TransformerTextEncoder(str(folder), pooling=pooling, max_length=8)
    together = encoder.encode(["amber basil cedar dune", "dune"])
    assert lengths(together) == pytest.approx([1, 1], abs=1e-6)
    assert together[1] == pytest.approx(encoder.encode(["dune"])[0], abs=1e-5)


def test_a_transformer_is_known_by_its_weights(folder):
    one, other = TransformerTextEncoder(str(folder)), TransformerTextEncoder(str(folder), max_length=8)
    assert one.fingerprint == TransformerTextEncoder(str(folder)).fingerprint != other.fingerprint
    assert one.name == f"{folder.name}-mean-256"


def test_semantic_noise_with_a_transformer(collection, folder):
    corruption = model("semantic", "noise/encoder=minilm", ratio=0.5, **{"encoder.path": folder}).corrupt(collection)
    assert corruption.audit.header.encoder == f"{folder.name}-mean-256"
    assert corruption.audit.header.corrupted == 1


def test_a_folder_without_weights_is_refused(collection, tmp_path, folder):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    with pytest.raises(InputError, match=r"noise.encoder.path=.* cannot be loaded as an encoder"):
        model("semantic", "noise/encoder=minilm", ratio=0.5, **{"encoder.path": tmp_path}).corrupt(collection)


def test_the_encoder_is_a_choice():
    assert configuration("+seed=1", "+noise=semantic").noise.encoder._target_ == "noise.LatentSemantics"
    chosen = configuration("+seed=1", "+noise=semantic", "noise/encoder=minilm")
    assert chosen.noise.encoder.path == "packaged:minilm"
    within = configuration("+seed=1", "+noise=instance", "noise/encoder@noise.target.encoder=minilm")
    assert within.noise.target.encoder.path == "packaged:minilm"


def test_packaged_minilm_knows_meaning():
    try:
        minilm_folder()
    except InputError:
        pytest.skip("the optional weights are not installed")
    vectors = TransformerTextEncoder("packaged:minilm").encode(["a small dog", "a little puppy", "interest rates rise"])
    assert vectors[0] @ vectors[1] > 0.6
    assert vectors[0] @ vectors[2] < 0.3
