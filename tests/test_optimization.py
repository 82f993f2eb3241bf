import itertools

import pytest
import torch
from torch import nn

from errors import InputError
from lightning_modules.optimization import Optimization


def test_the_rate_warms_up_and_decays_to_nearly_zero():
    optimization = Optimization(learning_rate=1.0, weight_decay=0.0, warmup=0.2, schedule="linear")
    factors = [optimization.factor(step, 10) for step in range(10)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert all(later < earlier for earlier, later in itertools.pairwise(factors[2:]))
    assert factors[-1] == pytest.approx(1 / 8)


def test_a_constant_schedule_stays_at_the_peak():
    optimization = Optimization(learning_rate=1.0, weight_decay=0.0, warmup=0.0, schedule="constant")
    assert {optimization.factor(step, 10) for step in range(10)} == {1.0}


def test_only_matrices_decay():
    optimizer, _ = Optimization(0.1, 0.5, 0.0, "constant").build(nn.Linear(3, 2), 10)
    decay = {parameter.ndim: group["weight_decay"] for group in optimizer.param_groups for parameter in group["params"]}
    assert decay == {2: 0.5, 1: 0.0}


def test_frozen_parameters_are_left_out():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)
    optimizer, _ = Optimization(0.1, 0.5, 0.0, "constant").build(layer, 10)
    assert [torch.Size([2, 3])] == [parameter.shape for group in optimizer.param_groups for parameter in group["params"]]


@pytest.mark.parametrize(
    ("changes", "key"), [({"learning_rate": 0}, "learning_rate"), ({"warmup": 1.0}, "warmup"), ({"schedule": "cosine"}, "schedule")]
)
def test_values_out_of_range_are_refused_by_key(changes, key):
    with pytest.raises(InputError, match=rf"model\.{key}="):
        Optimization(**({"learning_rate": 0.1, "weight_decay": 0.0, "warmup": 0.1, "schedule": "linear"} | changes))
