import itertools

import pytest
import torch
from configured_models import built
from tiny_models import save_tiny
from torch import nn

from errors import InputError
from lightning_modules.training.optimization import Optimization


def test_the_rate_warms_up_and_decays_to_nearly_zero():
    optimization = Optimization(learning_rate=1.0, weight_decay=0.0, warmup=0.2, schedule="linear")
    factors = [optimization.factor(step, 10) for step in range(10)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert all(later < earlier for earlier, later in itertools.pairwise(factors[2:]))
    assert factors[-1] == pytest.approx(1 / 8)


def test_a_constant_schedule_stays_at_the_peak():
    optimization = Optimization(
        learning_rate=1.0, weight_decay=0.0, warmup=0.0, schedule="constant"
    )
    assert {optimization.factor(step, 10) for step in range(10)} == {1.0}


def test_only_matrices_decay():
    optimizer, _ = Optimization(0.1, 0.5, 0.0, "constant").build(nn.Linear(3, 2), 10)
    decay = {
        parameter.ndim: group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert decay == {2: 0.5, 1: 0.0}


def test_frozen_parameters_are_left_out():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    optimizer, _ = Optimization(0.1, 0.5, 0.0, "constant").build(layer, 10)
    assert [torch.Size([2, 3])] == [
        parameter.shape for group in optimizer.param_groups for parameter in group["params"]
    ]


def test_lower_layers_learn_more_slowly(tmp_path):
    network = built("minilm", save_tiny(tmp_path / "tiny"), "model.network.projection=4")
    optimizer, _ = Optimization(0.1, 0.5, 0.0, "constant", layer_decay=0.5).build(network, 10)
    name_of = {parameter: name for name, parameter in network.named_parameters()}
    rates = {
        name_of[parameter]: group["lr"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert rates.keys() == set(name_of.values())
    for part, rate in (
        ("projection", 0.1),
        ("layer.1.", 0.1),
        ("layer.0.", 0.05),
        ("embeddings.", 0.025),
    ):
        assert {rates[name] for name in rates if part in name} == {rate}
    matrices = [group["params"] for group in optimizer.param_groups if group["weight_decay"]]
    assert all(parameter.ndim > 1 for group in matrices for parameter in group)


def test_a_model_without_layers_has_no_layer_decay():
    with pytest.raises(InputError, match=r"model\.layer_decay=0\.5: this model has no layers"):
        Optimization(0.1, 0.5, 0.0, "constant", layer_decay=0.5).build(nn.Linear(3, 2), 10)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"learning_rate": 0}, "learning_rate"),
        ({"warmup": 1.0}, "warmup"),
        ({"schedule": "cosine"}, "schedule"),
        ({"layer_decay": 0}, "layer_decay"),
        ({"layer_decay": 1.1}, "layer_decay"),
    ],
)
def test_values_out_of_range_are_refused_by_key(changes, key):
    with pytest.raises(InputError, match=rf"model\.{key}="):
        Optimization(
            **(
                {"learning_rate": 0.1, "weight_decay": 0.0, "warmup": 0.1, "schedule": "linear"}
                | changes
            )
        )
