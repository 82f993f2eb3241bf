"""Two processes train like one: real processes and collectives, no tolerance but rounding."""

import faulthandler
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from configured_models import batch_of, built
from tiny_models import save_tiny
from torch import nn
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel

import losses
from errors import InputError
from evaluation.exact_search import exact_top_k
from evaluation.shard import WHOLE, Shard
from lightning_modules.networks.shared_batch import Share

pytestmark = pytest.mark.xdist_group("two processes")  # started once, not by each worker
PATIENCE = 400  # seconds: four imports of torch on a busy machine's two cores take long

CASES = {
    "minilm": losses.CrossEntropy,
    "minilm_2layers": losses.CrossEntropy,  # with the gradient cache
    "colbert": lambda: losses.CrossEntropy(positives="disjunctive"),
    "cross_encoder": losses.CrossEntropy,
    "static": losses.EarlyLearningRegularization,
}
OVERRIDES = {"minilm_2layers": ["model.network.adaptation.recompute=chunks"]}
STEPS = 3


class Step(nn.Module):
    def __init__(self, network, loss):
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, batch):
        pair_ids = batch.query_rows.unsqueeze(1) * 100 + batch.document_rows
        candidates = losses.Candidates(
            self.network.scores(batch),
            batch.targets,
            batch.mask,
            losses.Positives(batch.positive_rows, batch.positive_columns),
            pair_ids.masked_fill(~batch.own, -1),
        )
        return self.loss(candidates).mean()


def trained(step, batch):
    optimizer = torch.optim.SGD(step.parameters(), lr=0.1)
    values = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = step(batch)
        value.backward()
        optimizer.step()
        values.append(value.detach())
    gradients = {
        name.removeprefix("module."): weight.grad for name, weight in step.named_parameters()
    }
    return {"losses": torch.stack(values), **gradients}


def step_of(model, folder):
    return Step(built(model, folder, *OVERRIDES.get(model, [])).train(), CASES[model]())


def trained_together(model, folder):
    """Its own function, so that nothing of the wrapper outlives the process group.

    A wrapper that is freed after its group waits for the group's threads with Python's lock held,
    which one of these threads may need: now and then such a process never ends.
    """
    return trained(DistributedDataParallel(step_of(model, folder)), batch_of(model))


def process(rank, folder, rendezvous):
    torch.set_num_threads(1)
    faulthandler.dump_traceback_later(PATIENCE, exit=True)  # never leaves a process behind
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    for model in CASES:
        torch.save(trained_together(model, folder), Path(folder) / f"{model}-{rank}.pt")
    with pytest.raises(InputError, match="cannot be shared by 2 processes"):
        Share.of(torch.tensor([3]))
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = save_tiny(tmp_path_factory.mktemp("tiny"))
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    spawn(process, (folder, tmp_path_factory.mktemp("meet") / "point"), nprocs=2)
    return folder


@pytest.mark.parametrize("model", CASES)
def test_two_processes_give_the_losses_and_gradients_of_one(model, folder):
    alone = trained(step_of(model, folder), batch_of(model))
    for rank in range(2):
        together = torch.load(Path(folder) / f"{model}-{rank}.pt", weights_only=True)
        assert together.keys() == alone.keys()
        for name, value in alone.items():
            torch.testing.assert_close(
                together[name],
                value,
                atol=2e-5,
                rtol=1e-4,
                msg=lambda text, name=name: f"{name}: {text}",
            )


def answered_together(rank, folder, rendezvous):
    torch.set_num_threads(1)
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=2)
    part = Shard.of_this_process()
    assert part == (rank, 2)
    generator = torch.Generator().manual_seed(0)
    queries = torch.randint(-2, 3, (5, 4), generator=generator)  # integers, so that there are ties
    documents = torch.randint(-2, 3, (41, 4), generator=generator)
    own = part.rows(len(documents))
    found = exact_top_k(queries, documents[own.start : own.stop], 25, first_row=own.start)
    scores, rows = part.merged(*found, 25)
    expected = exact_top_k(queries, documents, 25)
    assert np.array_equal(scores, expected[0])
    assert np.array_equal(rows, expected[1])
    (Path(folder) / f"answered-{rank}").touch()
    dist.destroy_process_group()


def test_two_processes_find_what_one_does_ties_included(tmp_path):
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    spawn(answered_together, (tmp_path, tmp_path / "point"), nprocs=2)
    assert len(list(tmp_path.glob("answered-*"))) == 2


def test_parts_are_neighbours_and_cover_the_collection():
    parts = [Shard(rank, 3).rows(10) for rank in range(3)]
    assert [row for part in parts for row in part] == list(range(10))
    assert {len(part) for part in parts} == {3, 4}
    assert WHOLE.rows(7) == range(7)
