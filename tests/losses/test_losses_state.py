"""Losses that remember pairs: their table, checkpoints, and the agreement of processes."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from hypothesis import given, settings
from hypothesis import strategies as st

import losses
from losses import Candidates
from losses.stateful.pair_state import PairState

DECAY = 0.7


def values_of(state: PairState) -> dict[int, float]:
    return dict(zip(state.ids.tolist(), state.values.tolist(), strict=True))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(-1, 30), st.floats(0, 1)), min_size=1, max_size=12),
        max_size=8,
    )
)
def test_table_agrees_with_a_dictionary(steps: list[list[tuple[int, float]]]) -> None:
    state, expected = PairState(), {}
    for step in steps:
        ids, today = (
            torch.tensor([i for i, _ in step]),
            torch.tensor([v for _, v in step], dtype=torch.float64),
        )
        mixed = state.average(ids, today, DECAY, learn=True)
        rule = [DECAY * expected[i] + (1 - DECAY) * v if i in expected else v for i, v in step]
        assert mixed.tolist() == pytest.approx(rule)
        for i in {i for i, _ in step if i >= 0}:
            same = [value for (j, _), value in zip(step, rule, strict=True) if j == i]
            expected[i] = sum(same) / len(same)
    assert values_of(state) == pytest.approx(expected)
    assert state.ids.tolist() == sorted(expected)


def test_candidates_without_id_are_not_remembered() -> None:
    state = PairState()
    state.average(torch.tensor([[5, -1]]), torch.tensor([[0.25, 0.75]]), DECAY, learn=True)
    assert values_of(state) == {5: 0.25}


def step(seed: int, rows: int = 3) -> Candidates:
    """One batch: five candidates per row, the last two without identity."""
    generator = torch.Generator().manual_seed(seed)
    scores, targets = torch.randn(rows, 5, generator=generator), torch.zeros(rows, 5)
    targets[:, 0] = 1
    ids = torch.randperm(8, generator=generator)[:rows, None] * 10 + torch.arange(5)
    ids[:, 3:] = -1
    return Candidates(scores, targets, torch.ones(rows, 5, dtype=torch.bool), pair_ids=ids)


def make(name: str) -> losses.Loss:
    if name == "mixture":
        return losses.LossMixture()
    if name == "elr":
        return losses.EarlyLearningRegularization(decay=DECAY)
    threshold = losses.ConstantThreshold(0.4)
    return losses.LabelWeakening(
        threshold=threshold, confidence=losses.PairAverageConfidence(DECAY), warmup=0.0
    )


remembering = pytest.mark.parametrize("name", ["elr", "pair_average", "mixture"])


@remembering
def test_resumed_loss_goes_on_exactly(name: str, tmp_path: Path) -> None:
    through, stopped, resumed = make(name), make(name), make(name)
    for seed in range(3):
        through(step(seed))
        stopped(step(seed))
    torch.save(stopped.state_dict(), tmp_path / "last.ckpt")
    resumed.load_state_dict(torch.load(tmp_path / "last.ckpt", weights_only=True))
    for seed in range(3, 6):
        values = resumed(step(seed)).values
        torch.testing.assert_close(values, through(step(seed)).values, rtol=0, atol=0)


@remembering
def test_evaluation_changes_nothing(name: str) -> None:
    loss = make(name)
    loss(step(0))
    state = next(module for module in loss.modules() if isinstance(module, PairState))
    before = values_of(state)
    loss.eval()(step(1))
    assert values_of(state) == before


def test_first_visit_agrees_with_itself() -> None:
    """The first average is the prediction: the regulariser is log(1 - sum p^2) over candidates."""
    batch = step(0)
    p = batch.scores[:, :3].softmax(-1)
    expected = losses.CrossEntropy()(batch).values + 3 * (1 - p.square().sum(-1)).log()
    found = losses.EarlyLearningRegularization()(batch).values
    torch.testing.assert_close(found, expected)


def test_memory_pulls_towards_the_past() -> None:
    loss = losses.EarlyLearningRegularization(weight=3.0)
    targets, mask = torch.tensor([[0.0, 1.0]]), torch.ones(1, 2, dtype=torch.bool)
    batch = Candidates(torch.tensor([[3.0, 0.0]]), targets, mask, pair_ids=torch.tensor([[0, 1]]))
    for _ in range(5):
        loss(batch)  # the model long believed in the other candidate
    batch = batch._replace(scores=torch.tensor([[3.0, 0.0]]).requires_grad_())
    regularised, plain = (
        torch.autograd.grad(each(batch).mean(), batch.scores)[0]
        for each in (loss, losses.CrossEntropy())
    )
    assert regularised[0, 0] < plain[0, 0]


class CountsEpochs(losses.Part):
    """Something inside a loss that works at the end of an epoch."""

    ended = 0

    def epoch_ended(self) -> None:
        self.ended += 1


def test_every_part_hears_of_the_end_of_an_epoch() -> None:
    inner = losses.CrossEntropy()
    inner.part = CountsEpochs()
    losses.WeightedSum([{"weight": 1.0, "loss": losses.Pointwise(inner)}]).finish_epoch()
    assert inner.part.ended == 1


def run_process(rank: int, world: int, folder: str, name: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=world
    )
    loss = make(name)
    for seed in range(4):
        batch = step(seed, rows=5)
        mine = slice(0, 2) if rank == 0 else slice(2, 5)  # uneven shares
        loss(
            Candidates(
                batch.scores[mine],
                batch.targets[mine],
                batch.mask[mine],
                pair_ids=batch.pair_ids[mine],
            )
        )
    torch.save(loss.state_dict(), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@remembering
def test_processes_share_what_they_learn(name: str, tmp_path: Path) -> None:
    mp.spawn(run_process, args=(2, str(tmp_path), name), nprocs=2)
    alone = make(name)
    for seed in range(4):
        alone(step(seed, rows=5))
    key = next(key for key in alone.state_dict() if key.endswith("_extra_state"))
    expected = alone.state_dict()[key]
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt", weights_only=True)[key]
        assert torch.equal(found["ids"], expected["ids"])
        torch.testing.assert_close(found["values"], expected["values"], rtol=1e-6, atol=1e-7)
