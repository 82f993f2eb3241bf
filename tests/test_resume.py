"""A cell that is killed after any step ends, when its command is given again, with the bits of one that was left alone."""

import csv
import json
import random

import numpy as np
import pytest
import torch
from cell_runs import SMALL, composed
from safetensors.torch import load_file
from small_collection import write_small_collection

from cells import checkpointing
from cells.directory import Cell
from cells.training import train
from errors import InputError
from lightning_modules import seeded
from lightning_modules.seeding import random_states, restore

LOSSES = ("cross_entropy", "elr", "label_weakening_pair_average", "label_weakening_ema")


class Killed(BaseException):
    """What no one catches, as near to SIGKILL as a process can do to itself and live."""


@pytest.fixture(scope="module")
def run_cell(tmp_path_factory):
    base = tmp_path_factory.mktemp("resume")
    folder = write_small_collection(base / "tiny")

    def run_it(out, *overrides):
        cfg = composed("dataset=folder", f"dataset.path={folder}", f"cache_dir={base / 'cache'}", f"output_dir={out}", *SMALL, *overrides)
        train(cfg)
        return out / cfg.cell

    return run_it


def keep_checkpoints(monkeypatch):
    monkeypatch.setattr(Cell, "tidy", lambda _cell: None)


@pytest.fixture(autouse=True)
def always_keep_checkpoints(monkeypatch):
    keep_checkpoints(monkeypatch)


@pytest.fixture(scope="module")
def undisturbed(run_cell, tmp_path_factory):
    """The cell of each loss that was left alone, run when it is first asked for."""
    cells = {}

    def cell(*overrides):
        if overrides not in cells:
            cells[overrides] = run_cell(tmp_path_factory.mktemp("undisturbed"), "logger=none", *overrides)
        return cells[overrides]

    return cell


def kill_after(monkeypatch, step):
    on_train_batch_end = checkpointing.Checkpoints.on_train_batch_end

    def kill(self, trainer, *arguments):
        on_train_batch_end(self, trainer, *arguments)
        if trainer.global_step == step:
            raise Killed

    monkeypatch.setattr(checkpointing.Checkpoints, "on_train_batch_end", kill)


def assert_same(cell, reference):
    for name in ("run.trec", "per_query.tsv"):
        assert (cell / name).read_bytes() == (reference / name).read_bytes()
    best, expected = (load_file(folder / "checkpoints/best.safetensors") for folder in (cell, reference))
    assert all(torch.equal(best[name], expected[name]) for name in expected)
    last, wanted = (torch.load(folder / "checkpoints/last.ckpt", weights_only=True) for folder in (cell, reference))
    assert _equal(last["state_dict"], wanted["state_dict"])
    assert _equal(last["optimizer_states"], wanted["optimizer_states"])
    assert last["lr_schedulers"] == wanted["lr_schedulers"]
    assert _without_time(cell) == _without_time(reference)
    for key in ("measures", "validation", "selected_epoch"):
        assert json.loads((cell / "scores.json").read_text())[key] == json.loads((reference / "scores.json").read_text())[key]


def _equal(left, right):
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left == right


def _without_time(cell):
    return [row | {"seconds": ""} for row in csv.DictReader((cell / "history.csv").read_text().splitlines())]


@pytest.mark.parametrize("case", [(loss, step) for loss in LOSSES for step in (1, 5, 6)])
def test_killed_after_a_step(run_cell, undisturbed, monkeypatch, tmp_path, case):
    loss, step = case
    settings = ("logger=none", f"loss={loss}", "noise.ratio=0.2", "checkpoint.steps=1")
    kill_after(monkeypatch, step)
    with pytest.raises(Killed):
        run_cell(tmp_path, *settings)
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    assert_same(run_cell(tmp_path, *settings), undisturbed(f"loss={loss}", "noise.ratio=0.2"))


@pytest.mark.parametrize("step", [4, 5, 8, 10, 12])
def test_killed_between_refreshes_of_the_negatives(run_cell, undisturbed, monkeypatch, tmp_path, step):
    overrides = ("loss=elr", "noise.ratio=0.2", "model.epochs=3", "negatives.refresh_every=1")
    kill_after(monkeypatch, step)
    with pytest.raises(Killed):
        run_cell(tmp_path, "logger=none", "checkpoint.steps=2", *overrides)
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    assert_same(run_cell(tmp_path, "logger=none", "checkpoint.steps=2", *overrides), undisturbed(*overrides))


def test_killed_between_two_checkpoints(run_cell, undisturbed, monkeypatch, tmp_path):
    settings = ("logger=none", "loss=elr", "noise.ratio=0.2", "checkpoint.steps=3")
    kill_after(monkeypatch, 5)
    with pytest.raises(Killed):
        run_cell(tmp_path, *settings)
    kill_after(monkeypatch, 8)
    with pytest.raises(Killed):
        run_cell(tmp_path, *settings)
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    assert_same(run_cell(tmp_path, *settings), undisturbed("loss=elr", "noise.ratio=0.2"))


def killed_cell(run_cell, monkeypatch, folder, step):
    kill_after(monkeypatch, step)
    with pytest.raises(Killed):
        run_cell(folder, "logger=none", "loss=cross_entropy", "noise.ratio=0.2", "checkpoint.steps=1")
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    return next(folder.rglob("checkpoints"))


@pytest.mark.parametrize("harm", [(0, "last.ckpt"), (5000, "last.ckpt"), (100, "last.ckpt", "previous.ckpt")])
def test_a_truncated_checkpoint_is_named_and_passed_over(run_cell, undisturbed, monkeypatch, tmp_path, caplog, harm):  # noqa: PLR0917 - fixtures
    kept, *harmed = harm
    checkpoints = killed_cell(run_cell, monkeypatch, tmp_path, 7)
    for name in harmed:
        (checkpoints / name).write_bytes((checkpoints / name).read_bytes()[:kept])
    cell = run_cell(tmp_path, "logger=none", "loss=cross_entropy", "noise.ratio=0.2", "checkpoint.steps=1")
    assert all(f"{checkpoints / name} cannot be read" in caplog.text for name in harmed)
    assert_same(cell, undisturbed("loss=cross_entropy", "noise.ratio=0.2"))


def test_a_checkpoint_of_another_cell_is_refused(run_cell, monkeypatch, tmp_path):
    checkpoints = killed_cell(run_cell, monkeypatch, tmp_path, 7)
    stolen = torch.load(checkpoints / "last.ckpt", weights_only=True) | {"cell": "another"}
    torch.save(stolen, checkpoints / "last.ckpt")
    with pytest.raises(InputError, match=r"last\.ckpt is of another cell.*overwrite=true"):
        run_cell(tmp_path, "logger=none", "loss=cross_entropy", "noise.ratio=0.2")


def test_a_finished_cell_keeps_weights_only(run_cell, monkeypatch, tmp_path):
    monkeypatch.undo()
    cell = run_cell(tmp_path, "logger=none")
    assert [path.name for path in (cell / "checkpoints").iterdir()] == ["best.safetensors"]


def test_all_generators_are_recorded_and_put_back():
    def draw():
        return random.random(), np.random.rand(), torch.rand(3).tolist()  # noqa: NPY002, S311 - the generators in question

    with seeded(3):
        state = random_states()
        first = draw()
        outside = random_states()
        restore(state)
        assert draw() == first
        with seeded(4):
            draw()
        after = random_states()
    assert all(_equal(after[name], outside[name]) for name in ("python", "numpy", "torch"))
