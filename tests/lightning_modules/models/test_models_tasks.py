"""Tasks that use an untrained model: search, index, evaluate; and mining by a model."""

import json
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
from cell_runs import SMALL, composed
from rich import get_console
from small_collection import write_small_collection

from cells.tasks.evaluate import evaluate
from cells.tasks.index import index
from cells.tasks.retrieve import retrieve
from cells.tasks.search import search
from errors import InputError
from evaluation import Run, below
from lightning_modules.training.ranking_module import RankingModule
from lightning_modules.training.refresh import NegativeRefresh

MODELS = [key for key in SMALL if key.startswith(("model.network", "model.tokenizer"))]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = write_small_collection(tmp_path_factory.mktemp("collections") / "tiny")
    return [
        "dataset=folder",
        f"dataset.path={folder}",
        f"cache_dir={tmp_path_factory.mktemp('cache')}",
        *MODELS,
    ]


def test_search_prints_the_best_documents_with_their_text(settings):
    with get_console().capture() as printed:
        search(composed(*settings, "task=search", "query=a thing about", "task.depth=3"))
    text = printed.get()
    assert "a thing about" in text
    assert text.count("is a thing") == 3


@pytest.mark.parametrize("query", ["query=null", "query='  '"])
def test_an_empty_question_is_refused(query, settings):
    with pytest.raises(InputError, match="query is empty"):
        search(composed(*settings, "task=search", query))


def test_index_stores_the_vectors_once(settings, caplog):
    with caplog.at_level("INFO"):
        index(composed(*settings, "task=index"))
    assert "the vectors of 120 documents are in" in caplog.text


@pytest.mark.parametrize(
    "overrides", [("task.part=2", "task.parts=2"), ("task.part=-1",), ("task.parts=0",)]
)
def test_a_part_that_is_none_of_the_parts_is_refused(overrides, settings):
    with pytest.raises(InputError, match=r"task\.part=.*below task\.parts="):
        index(composed(*settings, "task=index", *overrides))


def test_evaluate_writes_a_cell_that_says_how_it_searched(settings, tmp_path):
    cfg = composed(*settings, "task=evaluate", f"output_dir={tmp_path}")
    value = evaluate(cfg)
    scores = json.loads((tmp_path / cfg.cell / "scores.json").read_text())
    assert scores["measures"]["nDCG@10"] == value
    assert scores["search"] == {"search": "exact, all documents"}


@pytest.mark.parametrize("splits", ["[]", "[dev]", "[test,test]"])
def test_retrieving_for_no_split_of_the_collection_is_refused(splits, settings, tmp_path):
    with pytest.raises(InputError, match=r"task\.splits=.*train, validation, test"):
        retrieve(
            composed(*settings, "task=retrieve", f"task.splits={splits}", f"output_dir={tmp_path}")
        )


def run_of(rows):
    return Run(["q"], np.array([rows]), -np.arange(len(rows), dtype=np.float32)[None])


class Strategy:
    def barrier(self, name):
        del name


class Trainer:
    is_global_zero = True
    strategy = Strategy()

    def __init__(self, epoch):
        self.current_epoch = epoch


class Module(RankingModule):
    def __init__(self):
        pl.LightningModule.__init__(self)
        self.network = None


def refreshed(folder, epochs, state=None):
    """The negatives before each epoch, if epoch e mines document e; and a checkpoint's state."""
    used, current = [], [epochs[0]]
    callback = NegativeRefresh(
        2,
        lambda _network: run_of([current[0]]),
        lambda run: used.append((current[0], int(run.rows[0, 0]))),
        folder,
    )
    if state is not None:
        callback.load_state_dict(state)
    callback.on_train_start(Trainer(epochs[0]), Module())
    for epoch in epochs:
        current[0] = epoch
        callback.on_train_epoch_start(Trainer(epoch), Module())
    return used, callback.state_dict()


def test_negatives_are_mined_again_every_n_epochs(tmp_path):
    assert refreshed(tmp_path, range(6)) == ([(2, 2), (4, 4)], {"mined": 4})


def test_an_interrupted_cell_goes_on_with_the_negatives_it_had(tmp_path):
    _, state = refreshed(tmp_path, range(4))
    assert refreshed(tmp_path, [4, 5], state)[0] == [(4, 2), (4, 4)]
    _, earlier = refreshed(tmp_path, range(2))
    assert refreshed(tmp_path, [2, 3], earlier)[0] == [(2, 2)]
    # an earlier checkpoint than the files
    assert refreshed(tmp_path, [3, 4], state)[0] == [
        (3, 2),
        (4, 4),
    ]


def test_the_runs_of_the_last_two_refreshes_are_kept(tmp_path):
    refreshed(tmp_path, range(9))
    kept = {path.name for path in tmp_path.iterdir() if path.suffix == ".npz"}
    assert kept == {"negatives-6.npz", "negatives-8.npz"}


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"no archive")])
def test_lost_negatives_are_named(tmp_path, harm):
    _, state = refreshed(tmp_path, range(4))
    harm(tmp_path / "negatives-2.npz")
    with pytest.raises(
        InputError,
        match=r"negatives-2\.npz: the negatives mined before epoch 2 cannot be "
        r"read.*overwrite=true",
    ):
        refreshed(tmp_path, [3], state)


def test_the_first_ranks_can_be_left_out():
    assert below(run_of([4, 5, 6]), 1).rows.tolist() == [[5, 6]]
    with pytest.raises(InputError, match=r"negatives\.skip=3"):
        below(run_of([4, 5, 6]), 3)
