"""`task=teacher`: a run of the train queries, and training with it."""

import csv
from pathlib import Path

import pytest
from cell_runs import SMALL, composed
from small_collection import write_small_collection

from cells.teaching import teach
from cells.training import train
from errors import InputError


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = tmp_path_factory.mktemp("teaching")
    folder = write_small_collection(base / "tiny")
    return ("dataset=folder", f"dataset.path={folder}", f"cache_dir={base / 'cache'}", f"output_dir={base / 'out'}", "logger=none", *SMALL)


@pytest.fixture(scope="module")
def teacher(settings):
    cfg = composed(*settings, "task=teacher")
    teach(cfg)
    return cfg.task.file


def fields(run):
    return [line.split() for line in Path(run).read_text().splitlines()]


def test_a_loss_learns_from_the_teacher_that_the_task_wrote(settings, teacher):
    cfg = composed(*settings, "loss=kl_distillation", f"teacher={teacher}")
    train(cfg)
    history = Path(cfg.output_dir, cfg.cell, "history.csv").read_text()
    rows = [float(row["train/loss"]) for row in csv.DictReader(history.splitlines())]
    assert 0 < rows[-1] < rows[0]


def test_a_model_can_be_the_teacher(settings, teacher):
    cfg = composed(*settings, "task=teacher", "task.by=model", "task.depth=3")
    teach(cfg)
    lines = fields(cfg.task.file)
    assert {int(line[3]) for line in lines} == {1, 2, 3}
    assert {line[5] for line in lines} == {"model"}
    assert {line[0] for line in lines} >= {line[0] for line in fields(teacher)}


@pytest.mark.parametrize("setting", ["task.by=oracle", "task.depth=0"])
def test_a_teacher_that_cannot_be_is_refused(settings, setting):
    with pytest.raises(InputError, match=setting.split("=")[0]):
        teach(composed(*settings, "task=teacher", setting))
