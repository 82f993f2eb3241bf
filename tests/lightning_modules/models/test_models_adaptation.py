"""Frozen layers, low-rank updates, and gradients whose activations are computed again."""

import sys

import pytest
import torch
from configured_models import batch_of, built
from tiny_models import save_tiny

from errors import InputError
from lightning_modules.loading.adaptation import Adaptation

NETWORKS = ["minilm", "colbert", "cross_encoder"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def folder_with_dropout(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("dropout"), dropout=0.3)


def gradients(network, batch, seed=3):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        (network.train().scores(batch).softmax(1) * batch.targets).sum().backward()
    return {
        name.replace("base_model.model.", ""): weight.grad
        for name, weight in network.named_parameters()
        if weight.grad is not None
    }


@pytest.mark.parametrize("recompute", ["layers", "chunks"])
@pytest.mark.parametrize("model", NETWORKS)
def test_recomputed_activations_give_the_same_gradients_with_dropout(
    model, recompute, folder_with_dropout
):
    batch = batch_of(model)
    plain = gradients(built(model, folder_with_dropout), batch)
    recomputed = gradients(
        built(model, folder_with_dropout, f"model.network.adaptation.recompute={recompute}"), batch
    )
    assert plain.keys() == recomputed.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(recomputed[name], gradient, atol=1e-5, rtol=1e-5)


def test_dropout_is_on_in_the_test_above(folder_with_dropout):
    batch = batch_of("minilm")
    first, second = (
        gradients(built("minilm", folder_with_dropout), batch, seed) for seed in (3, 4)
    )
    assert any(not torch.allclose(first[name], second[name]) for name in first)


def test_chunks_keep_less_for_the_gradients(folder):
    def kept(*overrides):
        network, sizes = built("minilm", folder, *overrides), []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: sizes.append(tensor.numel()) or tensor, lambda tensor: tensor
        ):
            network.train().scores(batch_of("minilm"))
        return sum(sizes)

    assert kept("model.network.adaptation.recompute=chunks") < kept() / 5


@pytest.mark.parametrize("model", NETWORKS)
def test_frozen_layers_get_no_gradient(model, folder):
    network = built(model, folder, "model.network.adaptation.freeze_layers=1")
    moved = gradients(network, batch_of(model))
    assert not [name for name in moved if "embeddings" in name or "layer.0." in name]
    assert [name for name in moved if "layer.1." in name]


def test_more_frozen_layers_than_there_are_is_refused(folder):
    with pytest.raises(
        Exception, match=r"model\.network\.adaptation\.freeze_layers=3: the encoder has 2 layers"
    ):
        built("minilm", folder, "model.network.adaptation.freeze_layers=3")


@pytest.mark.parametrize("model", NETWORKS)
def test_low_rank_updates_are_trained_and_nothing_else_of_the_encoder(model, folder):
    pytest.importorskip("peft")
    batch = batch_of(model)
    network = built(model, folder, "model.network.adaptation.lora={rank:2,alpha:4,dropout:0.0}")
    # an update starts at zero
    torch.testing.assert_close(network.scores(batch), built(model, folder).scores(batch))
    assert {name.split(".")[-3] for name in gradients(network, batch) if "layer" in name} == {
        "lora_A",
        "lora_B",
    }


@pytest.mark.parametrize("model", NETWORKS)
def test_low_rank_updates_are_recomputed_too(model, folder):
    pytest.importorskip("peft")
    lora, batch = "model.network.adaptation.lora={rank:2,alpha:4,dropout:0.2}", batch_of(model)
    plain = gradients(built(model, folder, lora), batch)
    recomputed = gradients(
        built(model, folder, lora, "model.network.adaptation.recompute=layers"), batch
    )
    assert plain.keys() == recomputed.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(recomputed[name], gradient, atol=1e-5, rtol=1e-5)


def test_lora_without_peft_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    monkeypatch.setattr("lightning_modules.loading.adaptation.find_spec", lambda _name: None)
    with pytest.raises(InputError, match="pip install peft"):
        Adaptation(lora={"rank": 2, "alpha": 4, "dropout": 0.0})


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"recompute": "all"}, "recompute=all"),
        ({"lora": {"rank": 2}}, "lora="),
        ({"lora": {"rank": 0, "alpha": 4, "dropout": 0.0}}, "lora.rank=0"),
        ({"lora": {"rank": 2, "alpha": 0.5, "dropout": 0.0}}, "lora.alpha=0.5"),
        ({"lora": {"rank": 2, "alpha": 4, "dropout": 1.0}}, "lora.dropout=1.0"),
    ],
)
def test_settings_out_of_range_are_refused_by_key(settings, key):
    with pytest.raises(InputError, match=rf"model\.network\.adaptation\.{key}"):
        Adaptation(**settings)
