"""Trained retrievers as noise encoders: exports of this project and Hugging Face folders."""

import shutil

import numpy as np
import pytest
import torch
from exported_models import exported
from noise_collections import make_collection, model
from safetensors.torch import load_file, save_file
from tiny_models import WORDS, ragged, save_tiny, tiny_tokenizer

from data import TextTokenizer
from data.tokenizers.packaged_weights import minilm_folder
from errors import InputError
from noise import ExportedEncoder, TransformerTextEncoder

DOCUMENTS = {f"d{n:02}": " ".join(WORDS[n * k % 20] for k in range(1, 6)) for n in range(30)}
TRAIN = {"q0": {"d00": 1, "d04": 1}, "q1": {"d03": 1}}
DENSE = [
    "model.network.pooling=cls",
    "model.network.projection=6",
    "model.tokens.query_prefix='q '",
]


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return make_collection(
        tmp_path_factory.mktemp("collection"), DOCUMENTS, {"q0": "a b c", "q1": "d e"}, TRAIN
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"), positions=64)


@pytest.fixture(scope="module")
def exports(folder, tmp_path_factory):
    """Exports of all four kinds of model, by name, with the networks that were exported."""
    root = tmp_path_factory.mktemp("exports")
    overrides = {"minilm": DENSE, "static": [], "colbert": [], "cross_encoder": []}
    return {
        name: (root / name, exported(name, folder, root / name, *given)[1])
        for name, given in overrides.items()
    }


def tokens(text):
    return ragged(TextTokenizer(tiny_tokenizer(), max_length=32).encode([text]))


def noise(path, name="export"):
    length = {"encoder.max_length": 64} if name == "minilm" else {}
    return model("semantic", f"noise/encoder={name}", ratio=0.5, **{"encoder.path": path} | length)


def test_an_export_encodes_as_the_network_that_was_trained(collection, exports):
    path, network = exports["minilm"]
    encoder = ExportedEncoder(str(path)).build(collection)
    with torch.inference_mode():
        document, query = (
            network.encode_documents(tokens("a b")),
            network.encode_queries(tokens("q a b")),
        )
    np.testing.assert_allclose(encoder.encode_documents(["a b"]), document, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_queries(["a b"]), query, atol=1e-5)
    assert encoder.dimensions == 6


@pytest.mark.parametrize("name", ["minilm", "static"])
def test_semantic_noise_with_an_export(name, collection, exports):
    path, _ = exports[name]
    audit = noise(path).corrupt(collection).audit
    assert audit.header.corrupted == 2
    assert audit.header.encoder == name
    assert (
        audit.header.encoder_fingerprint == ExportedEncoder(str(path)).build(collection).fingerprint
    )
    encoder = ExportedEncoder(str(path)).build(collection)
    for row in audit.rows:
        removed, inserted = encoder.encode_documents(
            [DOCUMENTS[row.removed], DOCUMENTS[row.inserted]]
        )
        assert row.similarity_removed == pytest.approx(float(removed @ inserted), abs=1e-4)


def test_the_fingerprint_is_that_of_the_weights_wherever_they_are(collection, exports, tmp_path):
    path, _ = exports["minilm"]
    moved = shutil.copytree(path, tmp_path / "minilm")
    assert (
        noise(moved).corrupt(collection).audit.sha256
        == noise(path).corrupt(collection).audit.sha256
    )
    weights = load_file(moved / "model.safetensors")
    save_file(
        {name: weight + 0.01 for name, weight in weights.items()},
        moved / "model.safetensors",
        {"format": "pt"},
    )
    assert (
        noise(moved).corrupt(collection).audit.header.encoder_fingerprint
        != noise(path).corrupt(collection).audit.header.encoder_fingerprint
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("colbert", "a vector for each token and none for a text"),
        ("cross_encoder", "scores pairs and has no vector for a text"),
    ],
)
def test_models_without_a_vector_a_text_are_refused_with_the_reason(
    name, reason, collection, exports
):
    with pytest.raises(
        InputError,
        match=rf"^noise\.encoder\.path=.*{reason}.*Give an export of a dense or static retriever",
    ):
        noise(exports[name][0]).corrupt(collection)


def test_folders_that_are_no_export_are_refused(collection, exports, folder, tmp_path):
    with pytest.raises(InputError, match=r"^noise\.encoder\.path=null: give the folder"):
        ExportedEncoder(None)
    with pytest.raises(
        InputError,
        match=r"^noise\.encoder\.path=.* holds no retrieval\.json\. Make one with export=true",
    ):
        noise(folder).corrupt(collection)
    with pytest.raises(
        InputError,
        match=r"^noise\.encoder\.path=.* is an export of this project\. Take noise/encoder=export",
    ):
        noise(exports["minilm"][0], "minilm").corrupt(collection)
    damaged = shutil.copytree(exports["minilm"][0], tmp_path / "damaged")
    (damaged / "retrieval.json").write_text("{")
    with pytest.raises(InputError, match=r"^noise\.encoder\.path=.*retrieval\.json cannot be read"):
        noise(damaged).corrupt(collection)


@pytest.mark.parametrize("name", ["minilm", "export", "static"])
def test_missing_truncated_and_incomplete_weights_are_refused(
    name, collection, exports, folder, tmp_path
):
    source = {"minilm": folder, "export": exports["minilm"][0], "static": exports["static"][0]}[
        name
    ]
    kind = "minilm" if name == "minilm" else "export"
    place = "0_StaticEmbedding/model.safetensors" if name == "static" else "model.safetensors"
    for damage in ("missing", "truncated", "incomplete"):
        damaged = shutil.copytree(source, tmp_path / damage)
        weights = damaged / place
        if damage == "missing":
            weights.unlink()
        elif damage == "truncated":
            weights.write_bytes(weights.read_bytes()[:-20])
        else:
            save_file(dict(list(load_file(weights).items())[1:]), weights, {"format": "pt"})
        with pytest.raises(InputError, match=rf"^noise\.encoder\.path={damaged}"):
            noise(damaged, kind).corrupt(collection)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_transformer_pools_real_tokens_only(pooling, collection, folder):
    encoder = TransformerTextEncoder(folder, pooling=pooling, max_length=8).build(collection)
    together = encoder.encode_documents(["a b c d", "d"])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(together[1], encoder.encode_documents(["d"])[0], atol=1e-5)


def test_a_transformer_is_known_by_its_weights(collection, folder):
    def fingerprint(**keys):
        return (
            TransformerTextEncoder(folder, **{"max_length": 64} | keys)
            .build(collection)
            .fingerprint
        )

    assert len({fingerprint(), fingerprint(max_length=8), fingerprint(pooling="cls")}) == 3
    assert fingerprint() == fingerprint()
    assert TransformerTextEncoder(folder, max_length=64).build(collection).name.endswith("-mean-64")


def test_too_many_tokens_for_the_encoder_are_refused(collection, folder):
    with pytest.raises(InputError, match=r"noise\.encoder\.max_length=65: .* has 64 positions"):
        TransformerTextEncoder(folder, max_length=65).build(collection)


def test_packaged_minilm_knows_meaning(collection):
    try:
        minilm_folder()
    except InputError:
        pytest.skip("the optional weights are not installed")
    encoder = TransformerTextEncoder("packaged:minilm").build(collection)
    vectors = encoder.encode_documents(["a small dog", "a little puppy", "interest rates rise"])
    assert vectors[0] @ vectors[1] > 0.6
    assert vectors[0] @ vectors[2] < 0.3
