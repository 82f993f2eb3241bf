"""A cell that is killed after any step and repeated ends with the bits of an undisturbed one."""

import csv
import json

import pytest
import torch
from cell_runs import SMALL, composed
from equal_states import equal_states
from safetensors.torch import load_file
from small_collection import write_small_collection
from tiny_models import save_encoder_of

from cells.record.directory import Cell
from cells.tasks.train import train
from cells.training import checkpoints
from cells.training.evaluator import Evaluator
from errors import InputError

STEPS = 10  # in two epochs
ENCODERS = ("minilm", "colbert", "cross_encoder")
CASES = {
    "dense": ["model=minilm", "loss=cross_entropy"],
    "late interaction": ["model=colbert", "model.network.projection=8", "loss=label_weakening"],
    "cross-encoder": [
        "model=cross_encoder",
        "model.network.pair_length=48",
        "loss=label_weakening",
    ],
    "elr": ["model=static", "loss=elr"],
    "pair average": [
        "model=static",
        "loss=label_weakening_literal",
        "loss/confidence=pair_average",
    ],
    "teacher": ["model=static", "loss=label_weakening_literal", "loss/confidence=ema"],
    "small loss": ["model=static", "loss=small_loss"],
    "mixture": ["model=static", "loss=mixture"],
    "sharpness-aware": [
        "model=static",
        "loss=mixture",
        "optimizer._target_=lightning_modules.SharpnessAware",
    ],
    "noisy pair correction": ["model=static", "loss=noisy_pair_correction"],
}
"""Encoders with dropout, which needs the states of generators; losses with a memory."""


class Killed(BaseException):
    """What no one catches, as near to SIGKILL as a process can do to itself and live."""


@pytest.fixture(scope="module")
def run_cell(tmp_path_factory):
    base = tmp_path_factory.mktemp("resume")
    folder = write_small_collection(base / "tiny")

    encoder = save_encoder_of(folder, base / "cache", base / "encoder", dropout=0.1)

    def run_it(out, *overrides):
        where = [
            "dataset=folder",
            f"dataset.path={folder}",
            f"cache_dir={base / 'cache'}",
            f"output_dir={out}",
        ]
        if {f"model={name}" for name in ENCODERS} & set(overrides):
            small = [
                key for key in SMALL if not key.startswith(("model.network", "model.tokenizer"))
            ]
            small += [
                f"model.path={encoder}",
                "optimizer.lr=5e-3",
                "model.tokens.query_length=16",
                "model.tokens.document_length=32",
            ]
        else:
            small = SMALL
        cfg = composed(*where, *small, *overrides)
        train(cfg)
        return out / cfg.cell

    return run_it


def keep_checkpoints(monkeypatch):
    monkeypatch.setattr(Cell, "clean_up", lambda _cell: None)


@pytest.fixture(autouse=True)
def always_keep_checkpoints(monkeypatch):
    keep_checkpoints(monkeypatch)


@pytest.fixture(scope="module")
def undisturbed(run_cell, tmp_path_factory):
    """The cell of each loss that was left alone, run when it is first asked for."""
    cells = {}

    def cell(*overrides):
        if overrides not in cells:
            cells[overrides] = run_cell(tmp_path_factory.mktemp("undisturbed"), *overrides)
        return cells[overrides]

    return cell


def kill_after(monkeypatch, step):
    on_train_batch_end = checkpoints.Checkpoints.on_train_batch_end

    def kill(self, trainer, *arguments):
        on_train_batch_end(self, trainer, *arguments)
        if trainer.global_step == step:
            raise Killed

    monkeypatch.setattr(checkpoints.Checkpoints, "on_train_batch_end", kill)


def assert_same(cell, reference):
    for name in ("run.trec.gz", "per_query.tsv"):
        assert (cell / name).read_bytes() == (reference / name).read_bytes()
    best, expected = (
        load_file(folder / "checkpoints/best.safetensors") for folder in (cell, reference)
    )
    assert all(torch.equal(best[name], expected[name]) for name in expected)
    last, wanted = (
        torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
        for folder in (cell, reference)
    )
    assert equal_states(last["state_dict"], wanted["state_dict"])
    assert equal_states(last["optimizer_states"], wanted["optimizer_states"])
    assert last["lr_schedulers"] == wanted["lr_schedulers"]
    assert _without_time(cell) == _without_time(reference)
    for key in ("measures", "validation", "selected_epoch"):
        assert (
            json.loads((cell / "scores.json").read_text())[key]
            == json.loads((reference / "scores.json").read_text())[key]
        )


def _without_time(cell):
    return [
        row | {"seconds": ""}
        for row in csv.DictReader((cell / "history.csv").read_text().splitlines())
    ]


@pytest.fixture
def survives(run_cell, undisturbed, monkeypatch, tmp_path):
    """Kills a cell after each of some steps, each time as in a new process, and compares."""

    def compare(case, steps):
        settings = ("logger=none", "noise.ratio=0.2", *CASES[case])
        reference = undisturbed(*settings)
        assert (
            torch.load(reference / "checkpoints/last.ckpt", weights_only=True)["global_step"]
            == STEPS
        )
        for step in steps:
            kill_after(monkeypatch, step)
            with pytest.raises(Killed):
                run_cell(tmp_path, *settings, "checkpoint.steps=1")
            monkeypatch.undo()
            keep_checkpoints(monkeypatch)
        assert_same(run_cell(tmp_path, *settings), reference)

    return compare


@pytest.mark.parametrize("case", CASES)
def test_killed_within_an_epoch_and_at_the_end_of_each(survives, case):
    survives(case, (3, STEPS // 2, STEPS))


@pytest.mark.faults
@pytest.mark.parametrize("case", CASES)
def test_killed_after_every_step(survives, case):
    survives(case, range(1, STEPS + 1))


@pytest.mark.parametrize("step", [4, 5, 8, 10, 12])
def test_killed_between_refreshes_of_the_negatives(
    run_cell, undisturbed, monkeypatch, tmp_path, step
):
    overrides = ("loss=elr", "noise.ratio=0.2", "trainer.max_epochs=3", "negatives.refresh_every=1")
    kill_after(monkeypatch, step)
    with pytest.raises(Killed):
        run_cell(tmp_path, "logger=none", "checkpoint.steps=2", *overrides)
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    assert_same(
        run_cell(tmp_path, "logger=none", "checkpoint.steps=2", *overrides), undisturbed(*overrides)
    )


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
    assert_same(
        run_cell(tmp_path, *settings), undisturbed("logger=none", "loss=elr", "noise.ratio=0.2")
    )


@pytest.mark.parametrize("batch", [0, 2, 3])
def test_killed_while_gradients_of_several_batches_are_gathered(
    run_cell, undisturbed, monkeypatch, tmp_path, batch
):
    """Checkpoints are due all the time, and hold no gathered gradients: they wait for the step."""
    settings = ("logger=none", "loss=elr", "noise.ratio=0.2", "+trainer.accumulate_grad_batches=2")
    on_train_batch_end = checkpoints.Checkpoints.on_train_batch_end

    def kill(self, trainer, module, outputs, of_batch, batch_idx):
        on_train_batch_end(self, trainer, module, outputs, of_batch, batch_idx)
        if (trainer.current_epoch, batch_idx) == (1, batch):
            raise Killed

    monkeypatch.setattr(checkpoints.Checkpoints, "on_train_batch_end", kill)
    with pytest.raises(Killed):
        run_cell(tmp_path, *settings, "checkpoint.minutes=1e-9")
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    assert_same(run_cell(tmp_path, *settings), undisturbed(*settings))


def killed_cell(run_cell, monkeypatch, folder, step):
    kill_after(monkeypatch, step)
    with pytest.raises(Killed):
        run_cell(
            folder, "logger=none", "loss=cross_entropy", "noise.ratio=0.2", "checkpoint.steps=1"
        )
    monkeypatch.undo()
    keep_checkpoints(monkeypatch)
    return next(folder.rglob("checkpoints"))


@pytest.mark.parametrize(
    "harm", [(0, "last.ckpt"), (5000, "last.ckpt"), (100, "last.ckpt", "previous.ckpt")]
)
def test_a_truncated_checkpoint_is_named_and_passed_over(
    run_cell, undisturbed, monkeypatch, tmp_path, caplog, harm
):
    kept, *harmed = harm
    checkpoints = killed_cell(run_cell, monkeypatch, tmp_path, 7)
    for name in harmed:
        (checkpoints / name).write_bytes((checkpoints / name).read_bytes()[:kept])
    cell = run_cell(
        tmp_path, "logger=none", "loss=cross_entropy", "noise.ratio=0.2", "checkpoint.steps=1"
    )
    assert all(f"{checkpoints / name} cannot be continued from" in caplog.text for name in harmed)
    assert_same(cell, undisturbed("logger=none", "loss=cross_entropy", "noise.ratio=0.2"))


def test_a_checkpoint_of_another_cell_is_refused(run_cell, monkeypatch, tmp_path):
    checkpoints = killed_cell(run_cell, monkeypatch, tmp_path, 7)
    stolen = torch.load(checkpoints / "last.ckpt", weights_only=True) | {"cell": "another"}
    torch.save(stolen, checkpoints / "last.ckpt")
    (checkpoints / "last.ckpt.blake2b").unlink()  # or it would be taken for damaged
    with pytest.raises(InputError, match=r"last\.ckpt is of another cell.*overwrite=true"):
        run_cell(tmp_path, "logger=none", "loss=cross_entropy", "noise.ratio=0.2")


def test_the_untrained_network_answers_once(run_cell, undisturbed, monkeypatch, tmp_path):
    killed_cell(run_cell, monkeypatch, tmp_path, 7)
    tested, test = [], Evaluator.test
    monkeypatch.setattr(
        Evaluator,
        "test",
        lambda self, *arguments: (tested.append(arguments), test(self, *arguments))[1],
    )
    cell = run_cell(
        tmp_path, "logger=none", "loss=cross_entropy", "noise.ratio=0.2", "checkpoint.steps=1"
    )
    assert len(tested) == 1  # the trained one
    scores, expected = (
        json.loads((folder / "scores.json").read_text())
        for folder in (cell, undisturbed("logger=none", "loss=cross_entropy", "noise.ratio=0.2"))
    )
    assert scores["untrained"] == expected["untrained"]


def test_a_finished_cell_keeps_weights_only(run_cell, monkeypatch, tmp_path):
    monkeypatch.undo()
    cell = run_cell(tmp_path, "logger=none")
    assert {path.name for path in (cell / "checkpoints").iterdir()} == {
        "best.safetensors",
        "best.safetensors.blake2b",
    }
