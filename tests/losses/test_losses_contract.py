"""What every loss under conf/loss must do, whatever it computes."""

from functools import cache
from itertools import product
from pathlib import Path

import pytest
import torch
from loss_batches import NAMES, configured
from torch import Tensor

from errors import InputError
from losses import Candidates, Loss

# part of the loss is held constant when it is differentiated, so finite differences see more than
# the gradient
STOPPED = {
    "bootstrap_soft": "the prediction inside the target",
    "elr": "the moving average of the predictions",
    "label_weakening_soft": "the possibilities, which follow the prediction smoothly",
}
BY_BATCH = {
    "label_weakening_budgeted": "the threshold is raised by the ambiguous share of the whole batch",
    "label_weakening_both_directions": "queries are compared too",
    "small_loss": "the largest losses of a batch are left out",
}
WITHOUT_LABELS = {"bixse", "kl_distillation"}  # every document is supervision

by_name = pytest.mark.parametrize("name", NAMES)


@cache
def build(name: str) -> Loss:
    """The configured loss, for evaluation: it keeps no state, so tests can share it."""
    return configured(name).eval()


def batch(rows: int, candidates: int, *, seed: int = 0, scale: float = 2.0) -> dict[str, Tensor]:
    """A random batch: one positive in most rows, several in every third, a few masked slots."""
    generator = torch.Generator().manual_seed(seed)
    scores = scale * torch.randn(rows, candidates, generator=generator, dtype=torch.float64)
    mask = torch.ones(rows, candidates, dtype=torch.bool)
    targets = torch.zeros(rows, candidates, dtype=torch.float64)
    targets[torch.arange(rows), torch.randint(candidates, (rows,), generator=generator)] = 1.0
    if candidates > 2:
        targets[::3] += (torch.rand(targets[::3].shape, generator=generator) < 0.2) * 1.0
        mask = torch.rand(mask.shape, generator=generator) < 0.8
        mask |= targets > 0
    teacher = torch.randn(scores.shape, generator=generator, dtype=torch.float64)
    return {
        "scores": scores,
        "targets": targets,
        "mask": mask,
        "pair_ids": torch.arange(scores.numel()).view_as(mask),
        "teacher": teacher,
    }


def per_row(loss: Loss, data: dict[str, Tensor], progress: float = 1.0) -> Tensor:
    return loss(Candidates(**data, progress=progress)).values


def mean(loss: Loss, data: dict[str, Tensor], progress: float = 1.0) -> Tensor:
    return loss(Candidates(**data, progress=progress)).mean()


def gradient(loss: Loss, data: dict[str, Tensor], progress: float = 1.0) -> Tensor:
    data = data | {"scores": data["scores"].clone().requires_grad_()}
    (result,) = torch.autograd.grad(mean(loss, data, progress), data["scores"])
    return result


@by_name
def test_one_finite_value_a_row(name: str) -> None:
    for rows, candidates in product((1, 4), (2, 8, 33)):
        data = batch(rows, candidates)
        values = per_row(build(name), data)
        assert values.shape == (rows,)
        assert values.isfinite().all()
        assert gradient(build(name), data).isfinite().all()


@by_name
@pytest.mark.parametrize("progress", [0.0, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_finite_at_ties_and_extreme_scores(name: str, dtype: torch.dtype, progress: float) -> None:
    data, loss = batch(4, 8), build(name)
    ties, mixed = torch.zeros_like(data["scores"]), 1e4 * data["scores"].sign()
    right = torch.where(data["targets"] > 0, 1e4, -1e4)
    for scores in (ties, ties + 1e4, ties - 1e4, mixed, right, -right):
        extreme = data | {"scores": scores.to(dtype)}
        assert per_row(loss, extreme, progress).isfinite().all()
        assert gradient(loss, extreme, progress).isfinite().all()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in STOPPED])
@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_gradient_is_the_derivative(name: str, progress: float) -> None:
    data, loss = batch(3, 4, seed=3), build(name)
    scores = data["scores"].clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda scores: per_row(loss, data | {"scores": scores}, progress), (scores,)
    )


@by_name
def test_order_of_candidates_does_not_matter(name: str) -> None:
    data, order = batch(4, 8), torch.tensor([3, 0, 7, 1, 6, 2, 5, 4])
    moved = {key: value[:, order] for key, value in data.items()}
    torch.testing.assert_close(per_row(build(name), moved), per_row(build(name), data))
    torch.testing.assert_close(gradient(build(name), moved), gradient(build(name), data)[:, order])


@by_name
def test_masked_candidates_do_not_exist(name: str) -> None:
    data, loss = batch(4, 8), build(name)
    for junk in (50.0, -1e4, torch.nan, torch.inf):
        spoilt = {key: value.clone() for key, value in data.items()}
        spoilt["scores"][~data["mask"]] = junk
        spoilt["targets"][~data["mask"]] = 3.0
        spoilt["teacher"][~data["mask"]] = junk
        torch.testing.assert_close(per_row(loss, spoilt), per_row(loss, data), rtol=0, atol=1e-12)
        assert (gradient(loss, spoilt)[~data["mask"]] == 0).all()
    extra = {key: torch.cat([value, value[:, :1]], dim=-1) for key, value in data.items()}
    extra["mask"][:, -1] = False
    torch.testing.assert_close(per_row(loss, extra), per_row(loss, data))


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in BY_BATCH and "pointwise" not in name]
)
def test_rows_are_independent(name: str) -> None:
    data, loss = batch(4, 8), build(name)
    alone = [
        per_row(loss, {key: value[i : i + 1] for key, value in data.items()}) for i in range(4)
    ]
    torch.testing.assert_close(torch.cat(alone), per_row(loss, data))


@by_name
def test_batch_without_supervision_gives_a_connected_zero(name: str) -> None:
    data, loss = batch(4, 8), build(name)
    data["scores"].requires_grad_()
    nothing = data | {"mask": torch.zeros_like(data["mask"])}
    value = mean(loss, nothing)
    assert value == 0
    (result,) = torch.autograd.grad(value, data["scores"])
    assert (result == 0).all()


@by_name
def test_rows_without_supervision_do_not_count(name: str) -> None:
    data, loss = batch(4, 8), build(name)
    padded = {key: torch.cat([value, value[:2]]) for key, value in data.items()}
    padded["mask"][-2] = False
    padded["mask"][-1] = padded["mask"].new_tensor([True] + [False] * 7)
    padded["targets"][-1] = 0.0
    if name not in BY_BATCH and "pointwise" not in name and name not in WITHOUT_LABELS:
        torch.testing.assert_close(mean(loss, padded), mean(loss, data))
    assert per_row(loss, padded)[4] == 0


@by_name
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_input_is_computed_in_float32(name: str, dtype: torch.dtype) -> None:
    data = batch(4, 8)
    low = data | {"scores": data["scores"].to(dtype)}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        values = per_row(build(name), low)
    assert values.dtype == torch.float32
    assert values.isfinite().all()
    assert gradient(build(name), low).isfinite().all()
    same = data | {"scores": low["scores"].float()}
    torch.testing.assert_close(values, per_row(build(name), same))


@by_name
def test_missing_extras_are_refused(name: str) -> None:
    data, loss = batch(4, 8), build(name)
    for needed, key in ((loss.needs.pair_ids, "pair_ids"), (loss.needs.teacher, "teacher")):
        if needed:
            with pytest.raises(InputError, match=r"pair ids|teacher"):
                per_row(loss, data | {key: None})


@by_name
def test_plain_checkpoint(name: str, tmp_path: Path) -> None:
    torch.save(build(name).state_dict(), tmp_path / "loss.pt")
    build(name).load_state_dict(torch.load(tmp_path / "loss.pt", weights_only=True))
