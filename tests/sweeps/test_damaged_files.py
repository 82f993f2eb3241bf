"""A damaged file of an interrupted cell is named, and does not change the numbers."""

import logging
import shutil

import pytest
import torch
from cell_runs import SMALL, composed
from small_collection import write_small_collection

from cells.record.directory import Cell
from cells.record.written_scores import read_scores
from cells.tasks.train import train
from cells.training import checkpoints, continuing
from errors import InputError

KEPT = ("run.trec.gz", "per_query.tsv")


class Killed(BaseException):
    """What no one catches."""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("damaged")
    write_small_collection(base / "tiny")
    return base


def configuration(base, out, *overrides):
    where = ["dataset=folder", f"dataset.path={base / 'tiny'}", f"cache_dir={base / 'cache'}"]
    return composed(
        *where, *SMALL, "loss=cross_entropy", "logger=none", f"output_dir={out}", *overrides
    )


@pytest.fixture(scope="module")
def undisturbed(base):
    cfg = configuration(base, base / "undisturbed")
    train(cfg)
    return base / "undisturbed" / cfg.cell


@pytest.fixture(scope="module")
def killed(base):
    return write_killed(base)


def write_killed(base):
    """Kill a cell after the last step of its second epoch; both checkpoints are there."""
    cfg = configuration(base, base / "killed")
    with pytest.MonkeyPatch.context() as patch:
        after = checkpoints.Checkpoints.on_train_batch_end

        def kill(self, trainer, *arguments):
            after(self, trainer, *arguments)
            if trainer.global_step == 10:
                raise Killed

        patch.setattr(checkpoints.Checkpoints, "on_train_batch_end", kill)
        with pytest.raises(Killed):
            train(cfg)
    return base / "killed"


@pytest.fixture(autouse=True)
def everything_logged(caplog):
    caplog.set_level(logging.INFO)


def flipped(path):
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 3, len(content), len(content) // 7):
        content[place] ^= 0x10
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path):
    path.write_bytes(b"")


def missing(path):
    path.unlink()


def folder(path):
    path.unlink()
    path.mkdir()
    (path / "mine.txt").touch()


def without_hash(path):
    path.with_name(f"{path.name}.blake2b").unlink()


def bare_tensor(path):
    without_hash(path)
    torch.save(torch.zeros(3), path)


def no_callbacks(path):
    without_hash(path)
    content = torch.load(path, weights_only=True)
    del content["callbacks"]
    torch.save(content, path)


def missing_keys(path):
    without_hash(path)
    torch.save({"cell": "x"}, path)


DAMAGES = (flipped, cut, emptied, missing, folder, bare_tensor, no_callbacks, missing_keys)


def continued(base, killed, tmp_path, damages):
    shutil.copytree(killed, tmp_path / "out")
    cfg = configuration(base, tmp_path / "out")
    cell = tmp_path / "out" / cfg.cell
    for name, damage in damages.items():
        damage(cell / "checkpoints" / name)
    train(cfg)
    return cell


def assert_same(cell, undisturbed):
    for name in KEPT:
        assert (cell / name).read_bytes() == (undisturbed / name).read_bytes()
    for key in ("measures", "untrained", "validation", "selected_epoch"):
        assert read_scores(cell)[key] == read_scores(undisturbed)[key]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(
    base, killed, undisturbed, tmp_path, caplog, damage
):
    cell = continued(base, killed, tmp_path, {"last.ckpt": damage})
    assert_same(cell, undisturbed)
    assert damage is missing or "last.ckpt cannot be continued from" in caplog.text
    assert "continuing from" in caplog.text
    assert "previous.ckpt" in caplog.text.split("continuing from", 1)[1].split("\n")[0]


@pytest.mark.parametrize("damage", [flipped, folder, bare_tensor])
def test_with_both_damaged_training_starts_again(
    base, killed, undisturbed, tmp_path, caplog, damage
):
    cell = continued(base, killed, tmp_path, dict.fromkeys(("last.ckpt", "previous.ckpt"), damage))
    assert_same(cell, undisturbed)
    assert "continuing from" not in caplog.text


@pytest.mark.parametrize("damage", [flipped, emptied, missing, folder])
def test_damaged_weights_of_the_best_epoch_are_named_and_never_scored(
    base, killed, undisturbed, tmp_path, caplog, damage
):
    cell = continued(base, killed, tmp_path, {"best.safetensors": damage})
    assert_same(cell, undisturbed)
    assert "best.safetensors: it" in caplog.text


@pytest.mark.parametrize("damage", [flipped, emptied])
def test_damaged_scores_of_the_untrained_network_are_named_and_made_again(
    base, killed, undisturbed, tmp_path, caplog, damage
):
    cell = continued(base, killed, tmp_path, {"untrained.json": damage})
    assert_same(cell, undisturbed)
    assert "untrained.json cannot be read" in caplog.text


def test_a_checkpoint_of_another_cell_is_refused(base, killed, tmp_path):
    shutil.copytree(killed, tmp_path / "out")
    cfg = configuration(base, tmp_path / "out")
    folder = tmp_path / "out" / cfg.cell / "checkpoints"
    with pytest.raises(InputError, match="of another cell or configuration"):
        continuing.newest(folder, "another", "validation/nDCG@10")


def test_a_file_killed_between_its_hash_and_its_place_is_known(base, killed, tmp_path):
    """The hash is written first; the file that is still there is the one before it."""
    shutil.copytree(killed, tmp_path / "out")
    cell = Cell.of(configuration(base, tmp_path / "out"))
    last = cell.file("checkpoints/last.ckpt")
    beside = last.with_name("last.ckpt.blake2b")
    beside.write_text("0" * 32 + "\n" + beside.read_text().split()[0] + "\n")
    assert continuing.newest(last.parent, cell.fingerprint, "validation/nDCG@10") == last
