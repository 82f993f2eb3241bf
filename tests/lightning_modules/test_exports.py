"""Exports: other programs, and this one, give the scores of the network that was exported."""

import json

import pytest
import torch
from exported_models import TEXTS, exported, our_scores
from tiny_models import save_tiny

from cells.record.export import check_export
from errors import InputError
from lightning_modules.loading.saved import is_export

sentence_transformers = pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"), positions=64)


def their_scores(model, path):
    queries, documents = TEXTS
    if model == "cross_encoder":
        encoder = sentence_transformers.CrossEncoder(str(path), device="cpu")
        pairs = [(query, document) for query in queries for document in documents]
        return torch.tensor(encoder.predict(pairs, show_progress_bar=False)).view(
            len(queries), len(documents)
        )
    kind = "MultiVectorEncoder" if model == "colbert" else "SentenceTransformer"
    encoder = getattr(sentence_transformers, kind)(str(path), device="cpu")
    return encoder.similarity(
        encoder.encode_query(queries, show_progress_bar=False),
        encoder.encode_document(documents, show_progress_bar=False),
    ).float()


VARIANTS = [
    ("static", []),
    ("minilm", []),
    ("minilm", ["model.network.pooling=last", "model.network.projection=6"]),
    (
        "minilm",
        [
            "model.network.pooling=cls",
            "model.network.similarity=dot",
            "model.network.temperature=1",
        ],
    ),
    (
        "minilm",
        [
            "model.network.pooling=max",
            "model.tokens.query_prefix='a b '",
            "model.tokens.document_prefix='c '",
        ],
    ),
    ("minilm", ["model.network.adaptation.lora={rank:2,alpha:4,dropout:0.0}"]),
    ("colbert", []),
    ("colbert", ["model.network.augment_queries=false", "model.network.skip_punctuation=false"]),
    ("cross_encoder", []),
    ("cross_encoder", ["model.network.adaptation.lora={rank:2,alpha:4,dropout:0.0}"]),
]


@pytest.mark.parametrize(("model", "overrides"), VARIANTS)
def test_sentence_transformers_gives_the_same_scores(model, overrides, folder, tmp_path):
    cfg, network = exported(model, folder, tmp_path / "export", *overrides)
    torch.testing.assert_close(
        their_scores(model, tmp_path / "export"), our_scores(cfg, network), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize(("model", "overrides"), VARIANTS)
def test_this_project_loads_its_exports(model, overrides, folder, tmp_path):
    from exported_models import loaded

    cfg, network = exported(model, folder, tmp_path / "export", *overrides)
    plain = [override for override in overrides if "lora" not in override]
    again, theirs = loaded(model, tmp_path / "export", *plain)
    torch.testing.assert_close(
        our_scores(again, theirs), our_scores(cfg, network), atol=1e-4, rtol=1e-4
    )


def test_an_export_of_another_model_is_refused_with_both_values(folder, tmp_path):
    from configured_models import config

    exported("minilm", folder, tmp_path / "export", "model.network.pooling=cls")
    assert is_export(str(tmp_path / "export"))
    with pytest.raises(InputError, match=r"model\.network\.pooling \(there: cls, here: mean\)"):
        check_export(config("minilm", tmp_path / "export"))
    with pytest.raises(
        InputError, match=r"_target_ \(there: .*dense_retriever, here: .*cross_encoder\)"
    ):
        check_export(config("cross_encoder", tmp_path / "export"))


def test_truncated_projections_are_refused(folder, tmp_path):
    from exported_models import loaded

    exported("colbert", folder, tmp_path / "export")
    weights = tmp_path / "export" / "1_Dense" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-20])
    with pytest.raises(InputError, match="truncated"):
        loaded("colbert", tmp_path / "export")


@pytest.mark.parametrize(
    ("model", "override", "message"),
    [
        ("minilm", "model.network.shared=false", "separate towers"),
        ("static", "model.network.similarity=dot", "cosine only"),
        ("static", "model.tokens.special_tokens=true", "special_tokens=false"),
        ("cross_encoder", "model.tokens.query_prefix=x", "without prefixes"),
    ],
)
def test_what_the_layout_cannot_hold_is_refused(model, override, message, folder, tmp_path):
    with pytest.raises(InputError, match=message):
        exported(model, folder, tmp_path / "export", override)
    assert not (tmp_path / "export").exists()


def test_the_card_states_data_noise_loss_and_scores(folder, tmp_path):
    exported("minilm", folder, tmp_path / "export")
    card = " ".join((tmp_path / "export" / "README.md").read_text().split())
    for statement in (
        "on demo (3 documents, 2 training examples), starting from ",
        "_target_: losses.LabelWeakening",
        "_target_: noise.SemanticSwap",
        "Of its 16 training labels, 2 (12.5%) were corrupted on purpose (semantic noise).",
        "| measure | trained | untrained |",
        "| nDCG@10 | 0.5000 | 0.2500 |",
        "after epoch 2, chosen on validation. Versions: torch 2.13.",
        "licences of both",
    ):
        assert statement in card
    assert (
        json.loads((tmp_path / "export" / "retrieval.json").read_text())[
            "model.network.temperature"
        ]
        == 0.05
    )
