"""The training loader: each example once per epoch, shared batches, exact resume."""

from itertools import islice

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from data import Ragged, TokenStore, TokenStores, TrainingExamples, TrainingLoader
from data.storage.ragged import offsets_of, ragged_by_owner
from data.training.negatives import Pairs, Pools, negative_pools
from errors import InputError

QUERIES, DOCUMENTS, EXAMPLES = 30, 50, 43


def make_examples() -> TrainingExamples:
    rng = np.random.default_rng(0)
    queries = np.sort(rng.integers(0, QUERIES, EXAMPLES))
    documents = np.arange(EXAMPLES)
    first_copies = np.arange(DOCUMENTS)
    nothing = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    mined = rng.integers(0, DOCUMENTS, (QUERIES, 1)) + np.arange(10) * 3
    pools: Pools = negative_pools(
        Pairs(queries, documents),
        nothing,
        mined % DOCUMENTS,
        n_queries=QUERIES,
        first_copies=first_copies,
    )
    return TrainingExamples(
        query_rows=queries,
        document_rows=documents,
        grades=np.ones(EXAMPLES, np.float32),
        corrupted=np.zeros(EXAMPLES, bool),
        true_documents=np.full(EXAMPLES, -1),
        positives=ragged_by_owner(queries, documents, QUERIES),
        pools=pools,
        first_copies=first_copies,
    )


EXAMPLE_SET = make_examples()


def make_store(n: int) -> TokenStore:
    lengths = np.arange(n) % 4 + 1
    return TokenStore(Ragged(np.arange(lengths.sum(), dtype=np.uint16), offsets_of(lengths)))


STORES = TokenStores(make_store(QUERIES), make_store(DOCUMENTS))


def loader(**changes) -> TrainingLoader:
    return TrainingLoader(
        EXAMPLE_SET, STORES, **{"batch_size": 8, "negatives": 2, "seed": 1, **changes}
    )


def positives(batch) -> list[int]:
    """Rows of the positives, which identify the examples, since each has its own document."""
    return batch.document_rows[batch.targets.argmax(dim=1)].tolist()


def same(one, other) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one[2:], other[2:], strict=True)) and torch.equal(
        one.documents.ids, other.documents.ids
    )


def test_an_epoch_holds_every_example_once_but_for_an_incomplete_batch():
    batches = loader()
    epochs = [[row for batch in batches for row in positives(batch)] for _ in range(20)]
    assert len(batches) == 5
    for rows in epochs:
        assert len(rows) == len(set(rows)) == 40
    assert len(set(map(tuple, epochs))) == 20
    assert {row for rows in epochs for row in rows} == set(range(EXAMPLES))


def test_the_seed_decides_everything():
    one, other = loader(), loader()
    assert all(same(a, b) for _ in range(2) for a, b in zip(one, other, strict=True))
    assert not same(next(iter(loader(seed=1))), next(iter(loader(seed=2))))


@pytest.mark.parametrize("for_gpu", [False, True])
@pytest.mark.parametrize("taken", [0, 1, 3, 5, 7])
def test_resume_goes_on_with_the_next_batch(taken, for_gpu):
    whole = loader()
    expected = [batch for _ in range(3) for batch in whole]
    interrupted = loader(for_gpu=for_gpu)
    seen = list(islice((batch for _ in range(3) for batch in interrupted), taken))
    resumed = loader(for_gpu=for_gpu)
    resumed.load_state_dict(interrupted.state_dict())
    # an epoch that had just ended is not repeated
    rest = [batch for _ in range(3) for batch in resumed]
    assert all(same(a, b) for a, b in zip(expected, seen + rest, strict=False))
    assert len(rest) == 15 - taken % 5


@pytest.mark.parametrize("for_gpu", [False, True])
def test_an_iteration_that_was_left_loses_no_batch(for_gpu):
    expected = [batch for _, batch in zip(range(3), loader(), strict=False)]
    batches = loader(for_gpu=for_gpu)
    first = next(iter(batches))
    following = list(batches)
    assert all(same(a, b) for a, b in zip(expected, [first, *following], strict=False))
    assert len(following) == len(batches)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch.size=0"),
        ({"batch_size": 44}, "batch.size=44 is more than the 43 training examples"),
        ({"batch_size": 1, "negatives": 0}, "batch.size=1 .* negatives.per_example=0"),
        ({"negatives": 0, "in_batch": False}, "batch.in_batch=false leaves no negatives"),
        ({"negatives": 50}, "negatives.per_example=50"),
    ],
)
def test_sizes_that_do_not_fit(changes, message):
    with pytest.raises(InputError, match=message):
        loader(**changes)


class Recorder(pl.LightningModule):
    """Notes which examples it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen: list[list[int]] = []

    def training_step(self, batch, batch_idx):
        del batch_idx
        self.seen.append(positives(batch))
        return self.weight.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def trained(tmp_path, checkpoint=None, *, for_gpu=False, **limits) -> list[list[int]]:
    """The examples of each step of a training that leaves a checkpoint after every step."""
    module = Recorder()
    keep = pl.callbacks.ModelCheckpoint(
        tmp_path / "steps",
        "{step}",
        save_top_k=-1,
        every_n_train_steps=1,
        auto_insert_metric_name=False,
        enable_version_counter=False,
    )
    trainer = pl.Trainer(
        **{"max_epochs": 3, **limits},
        accelerator="cpu",
        logger=False,
        callbacks=[keep],
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(module, loader(for_gpu=for_gpu), ckpt_path=checkpoint, weights_only=True)
    return module.seen


@pytest.mark.filterwarnings("ignore:The dirpath has changed")
@pytest.mark.parametrize("for_gpu", [False, True])
def test_lightning_resumes_exactly_from_every_step(tmp_path, for_gpu):
    expected = trained(tmp_path, for_gpu=for_gpu)
    assert expected == trained(tmp_path / "again")
    assert len(expected) == 15
    for step in range(1, 15):
        checkpoint = tmp_path / "steps" / f"{step}.ckpt"
        seen = trained(tmp_path / f"from-{step}", checkpoint, for_gpu=for_gpu)
        assert seen == expected[step:], step


@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
def test_lightning_resumes_exactly_after_an_epoch(tmp_path):
    expected = trained(tmp_path)
    callback = pl.callbacks.ModelCheckpoint(tmp_path, save_last=True, enable_version_counter=False)
    seen = []
    for epochs, checkpoint in ((1, None), (2, tmp_path / "last.ckpt"), (3, tmp_path / "last.ckpt")):
        module = Recorder()
        trainer = pl.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=False,
            callbacks=[callback],
            enable_progress_bar=False,
        )
        trainer.fit(module, loader(), ckpt_path=checkpoint, weights_only=True)
        seen += module.seen
    assert seen == expected


def test_lightning_may_cut_epochs_short(tmp_path):
    whole = trained(tmp_path / "whole")
    assert trained(tmp_path / "cut", limit_train_batches=3) == whole[:3] + whole[5:8] + whole[10:13]
