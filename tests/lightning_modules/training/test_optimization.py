import itertools
from functools import partial

import pytest
import torch
from configured_models import built
from tiny_models import save_tiny
from torch import nn
from torch.optim import SGD, AdamW

from errors import InputError
from lightning_modules import Optimization, constant_schedule, linear_schedule
from lightning_modules.training.optimization import rate_factors

STEADY = partial(constant_schedule, warmup=0.0)


def optimization(*, lr=0.1, weight_decay=0.5, **changes):
    adam = partial(AdamW, lr=lr, weight_decay=weight_decay)
    return Optimization(adam, STEADY, **changes)


def rates(schedule, *, warmup, steps=10):
    """The rate at each step of a peak of 1."""
    optimizer = SGD(nn.Linear(3, 2).parameters(), lr=1.0)
    following = schedule(optimizer, steps, warmup=warmup)
    found = []
    for _ in range(steps):
        found += following.get_last_lr()
        optimizer.step()
        following.step()
    return found


def test_the_rate_warms_up_and_decays_to_nearly_zero():
    found = rates(linear_schedule, warmup=0.2)
    assert found[:3] == [0.5, 1.0, 1.0]
    assert all(later < earlier for earlier, later in itertools.pairwise(found[2:]))
    assert found[-1] == pytest.approx(1 / 8)


def test_a_constant_schedule_stays_at_the_peak():
    assert set(rates(constant_schedule, warmup=0.0)) == {1.0}
    assert rates(constant_schedule, warmup=0.4)[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_only_matrices_decay():
    optimizer, _ = optimization().build(nn.Linear(3, 2), 10)
    decay = {
        parameter.ndim: group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert decay == {2: 0.5, 1: 0.0}


def test_frozen_parameters_are_left_out():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    optimizer, _ = optimization().build(layer, 10)
    assert [torch.Size([2, 3])] == [
        parameter.shape for group in optimizer.param_groups for parameter in group["params"]
    ]


def test_lower_layers_learn_more_slowly(tmp_path):
    network = built("minilm", save_tiny(tmp_path / "tiny"), "model.network.projection=4")
    optimizer, _ = optimization(layer_decay=0.5).build(network, 10)
    name_of = {parameter: name for name, parameter in network.named_parameters()}
    found = {
        name_of[parameter]: group["lr"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert found.keys() == set(name_of.values())
    for part, rate in (
        ("projection", 0.1),
        ("layer.1.", 0.1),
        ("layer.0.", 0.05),
        ("embeddings.", 0.025),
    ):
        assert {found[name] for name in found if part in name} == {rate}
    matrices = [group["params"] for group in optimizer.param_groups if group["weight_decay"]]
    assert all(parameter.ndim > 1 for group in matrices for parameter in group)


def test_a_model_without_layers_has_no_layer_decay():
    with pytest.raises(InputError, match=r"model\.layer_decay=0\.5: this model has no layers"):
        optimization(layer_decay=0.5).build(nn.Linear(3, 2), 10)


@pytest.mark.parametrize("value", [0, 1.1])
def test_a_layer_decay_out_of_range_is_refused(value):
    with pytest.raises(InputError, match=r"model\.layer_decay="):
        optimization(layer_decay=value)


@pytest.mark.parametrize("schedule", [linear_schedule, constant_schedule])
@pytest.mark.parametrize("warmup", [1.0, -0.1])
def test_a_warm_up_out_of_range_is_refused(schedule, warmup):
    with pytest.raises(InputError, match=r"scheduler\.warmup="):
        Optimization(partial(AdamW, lr=1.0), partial(schedule, warmup=warmup)).check()


def test_arguments_that_the_optimiser_or_the_schedule_does_not_take_are_refused_early():
    with pytest.raises(InputError, match=r"optimizer: .*'momentum'"):
        Optimization(partial(AdamW, lr=1.0, momentum=0.9), STEADY).check()
    with pytest.raises(InputError, match=r"optimizer: Invalid learning rate"):
        Optimization(partial(SGD, lr=-1.0), STEADY).check()
    with pytest.raises(InputError, match=r"scheduler: .*'power'"):
        Optimization(partial(AdamW, lr=1.0), partial(STEADY, power=2)).check()
    with pytest.raises(InputError, match=r"optimizer: .*fused"):
        Optimization(partial(AdamW, lr=1.0, fused=True, foreach=True), STEADY).check()


@pytest.mark.parametrize(
    ("embeddings", "layers"),
    [
        ("encoder.embed_tokens.weight", "encoder.layers.{}.mlp.weight"),  # Qwen3, Llama
        ("encoder.wte.weight", "encoder.h.{}.attn.weight"),  # GPT-2
        ("encoder.wpe.weight", "encoder.h.{}.attn.weight"),
        ("encoder.embeddings.word_embeddings.weight", "encoder.encoder.layer.{}.attn.weight"),
    ],
)
def test_embeddings_lie_below_the_first_layer_whatever_they_are_called(embeddings, layers):
    names = [embeddings, *(layers.format(layer) for layer in range(3)), "classifier.weight"]
    assert list(rate_factors(names, 0.5).values()) == [0.125, 0.25, 0.5, 1.0, 1.0]
