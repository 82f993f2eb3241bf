"""Candidate lists: found or named by the data, alike and without waiting for a device."""

import pytest
import torch
from device_waits import Waits
from fake_device import MixedDevicesError, fake_device
from loss_batches import NAMES, configured

from losses import Candidates, Positives, graded_lists, positive_lists, whole_lists

LEVELS = {"label_weakening_soft", "label_weakening_graded"}  # a hull takes as many steps as corners


def batch(rows: int = 6, candidates: int = 9, *, several: bool = False) -> Candidates:
    """Random candidates; one positive in each row, or none to three."""
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(rows, candidates, generator=generator, dtype=torch.float64)
    column = torch.randint(candidates, (rows,), generator=generator)
    targets = torch.zeros_like(scores).scatter(1, column[:, None], 1.0)
    mask = (torch.rand(scores.shape, generator=generator) < 0.8) | (targets > 0)
    if several:
        targets += torch.randint(3, targets.shape, generator=generator) * (
            torch.rand(targets.shape, generator=generator) < 0.15
        )
        targets[0], mask[1] = 0, targets[1] > 0
    pair_ids = torch.arange(scores.numel()).view_as(mask)
    teacher = torch.randn(scores.shape, generator=generator, dtype=torch.float64)
    return Candidates(scores, targets, mask, pair_ids=pair_ids, teacher=teacher, progress=0.2)


def named(batch: Candidates) -> Candidates:
    """The same batch with its positives named as the data names them, outside the mask too."""
    return batch._replace(positives=Positives(*(batch.targets > 0).nonzero(as_tuple=True)))


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_named_positives_say_what_is_found(name: str, several: bool) -> None:
    data = batch(several=several)
    found, told = (configured(name)(each) for each in (data, named(data)))
    torch.testing.assert_close(told.values, found.values)
    torch.testing.assert_close(told.mean(), found.mean())
    assert torch.equal(told.counted, found.counted)
    if not several:
        in_order = named(data).positives._replace(row=None)
        assert torch.equal(configured(name)(data._replace(positives=in_order)).values, told.values)
    if found.decisions is not None:
        torch.testing.assert_close(
            tuple(value for value in told.decisions if value is not None),
            tuple(value for value in found.decisions if value is not None),
            equal_nan=True,
        )


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LEVELS])
def test_an_ordinary_step_stays_on_its_device_and_waits_for_nothing(name: str) -> None:
    """But for the losses that remember pairs: a table grows by what it meets."""
    loss, data = configured(name), named(batch())
    if loss.needs.pair_ids:
        return
    data = data._replace(scores=data.scores.requires_grad_())
    with fake_device() as device, device.holding(loss), Waits() as waits:
        there = device.moved(data)
        loss(there).mean().backward()
        assert there.scores.grad.device.type == device.name
    assert not waits.found


@pytest.mark.parametrize(
    "waiting", [torch.nonzero, lambda x: x[x > 0], lambda x: x.sum().item(), lambda x: x.tolist()]
)
def test_waiting_for_the_device_is_noticed(waiting) -> None:
    with fake_device() as device, Waits() as waits:
        waiting(device.moved(torch.eye(3)))
    assert waits.found.total() == 1


def test_mixing_the_devices_is_noticed() -> None:
    with fake_device() as device:
        there = device.moved(torch.eye(3))
        assert (there * torch.tensor(2.0)).device.type == device.name  # a single number may
        for mix in (lambda: there + torch.ones(3), lambda: there[torch.tensor([0])]):
            with pytest.raises(MixedDevicesError):
                mix()


def test_members_of_the_lists() -> None:
    targets = torch.tensor([[2.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    mask = torch.tensor([[True, True, True, False], [False, True, True, True]])
    data = Candidates(torch.zeros(2, 4), targets, mask)
    assert positive_lists(data).mask.int().tolist() == [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 1]]
    assert graded_lists(data).mask.int().tolist() == [[1, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 1]]
    assert whole_lists(data).mask.int().tolist() == [[1, 1, 1, 0], [1, 1, 1, 0], [0, 1, 1, 1]]
    assert positive_lists(data).positives.row.tolist() == [0, 0, 1]


def test_a_positive_that_is_no_candidate_or_has_no_rival_makes_no_list() -> None:
    targets = torch.tensor([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
    mask = torch.tensor([[True, False, True], [True, False, False], [True, True, True]])
    lists = positive_lists(named(Candidates(torch.zeros(3, 3), targets, mask)))
    assert lists.competes.tolist() == [False, False, True]
    assert lists.lists_per_query.tolist() == [0, 0, 1]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_grades_of_any_type(dtype: torch.dtype) -> None:
    targets = torch.tensor([[0, 1, 0], [1, 0, 0]]).to(dtype)
    mask = torch.ones(2, 3, dtype=torch.bool)
    lists = positive_lists(Candidates(torch.zeros(2, 3), targets, mask).in_full_precision())
    assert lists.positives.column.tolist() == [1, 0]
