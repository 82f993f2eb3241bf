"""Sharpness-aware steps, against the algorithm written out in numpy."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from cell_runs import SMALL, composed
from small_collection import write_small_collection
from torch import nn

from cells.tasks.train import train
from errors import InputError
from lightning_modules import Optimization, SharpnessAware, constant_schedule
from losses import CrossEntropy

START = np.array([1.0, -2.0])
CURVATURE = np.array([3.0, 0.5])  # the loss is sum(c w^2) / 2


def gradient(w: np.ndarray) -> np.ndarray:
    return CURVATURE * w


def closure(weight: nn.Parameter, optimizer: SharpnessAware):
    def evaluate() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (torch.from_numpy(CURVATURE) * weight.square()).sum() / 2
        loss.backward()
        return loss

    return evaluate


def test_a_step_takes_the_gradient_at_the_worst_point_nearby() -> None:
    weight = nn.Parameter(torch.from_numpy(START.copy()))
    optimizer = SharpnessAware([weight], rho=0.1, base=torch.optim.SGD, lr=0.01)
    expected = START.copy()
    for _ in range(3):
        loss = optimizer.step(closure(weight, optimizer))
        assert loss.item() == pytest.approx((CURVATURE * expected**2).sum() / 2)
        uphill = gradient(expected)
        worst = expected + 0.1 * uphill / np.linalg.norm(uphill)
        expected = expected - 0.01 * gradient(worst)
        np.testing.assert_allclose(weight.detach(), expected, rtol=1e-12)


def test_schedules_and_checkpoints_reach_the_other_optimiser() -> None:
    def make() -> tuple[nn.Parameter, SharpnessAware]:
        weight = nn.Parameter(torch.from_numpy(START.copy()))
        return weight, SharpnessAware([weight], lr=0.5)

    (weight, through), (other, resumed) = make(), make()
    through.step(closure(weight, through))
    through.param_groups[0]["lr"] = 0.25
    assert through.base.param_groups[0]["lr"] == 0.25
    with torch.no_grad():
        other.copy_(weight)
    resumed.load_state_dict(deepcopy(through.state_dict()))
    for each, optimizer in ((weight, through), (other, resumed)):
        optimizer.step(closure(each, optimizer))
    assert resumed.param_groups[0]["lr"] == 0.25
    assert torch.equal(weight, other)


def test_a_neighbourhood_without_a_size_is_refused_at_the_start() -> None:
    with pytest.raises(InputError, match=r"optimizer: rho=0: must be above 0"):
        Optimization(
            lambda groups: SharpnessAware(groups, rho=0, lr=1e-3),
            lambda optimizer, steps: constant_schedule(optimizer, steps, warmup=0.0),
        ).check()


def test_a_batch_that_is_evaluated_twice_is_remembered_once(tmp_path, monkeypatch) -> None:
    folder = write_small_collection(tmp_path / "tiny")
    modes = []
    judge = CrossEntropy.judge
    monkeypatch.setattr(
        CrossEntropy,
        "judge",
        lambda self, batch: (modes.append(self.training), judge(self, batch))[1],
    )
    cfg = composed(
        "dataset=folder",
        f"dataset.path={folder}",
        f"cache_dir={tmp_path / 'cache'}",
        f"output_dir={tmp_path / 'outputs'}",
        *SMALL,
        "loss=cross_entropy",
        "optimizer._target_=lightning_modules.SharpnessAware",
        "+optimizer.rho=0.1",
    )
    train(cfg)
    assert modes == [True, False] * 10
    steps = (tmp_path / "outputs" / cfg.cell / "history.csv").read_text().splitlines()
    assert len(steps) == 3


def test_steps_of_several_batches_are_refused(tmp_path) -> None:
    folder = write_small_collection(tmp_path / "tiny")
    cfg = composed(
        "dataset=folder",
        f"dataset.path={folder}",
        f"cache_dir={tmp_path / 'cache'}",
        f"output_dir={tmp_path / 'outputs'}",
        *SMALL,
        "optimizer._target_=lightning_modules.SharpnessAware",
        "+trainer.accumulate_grad_batches=2",
    )
    with pytest.raises(InputError, match=r"accumulate_grad_batches=2: SharpnessAware"):
        train(cfg)


def test_a_step_without_a_closure_is_refused() -> None:
    weight = nn.Parameter(torch.ones(2))
    with pytest.raises(InputError, match=r"trainer\.precision=16-mixed"):
        SharpnessAware([weight], lr=0.1).step()
