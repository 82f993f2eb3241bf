"""A teacher: a run of the train queries that a task writes, and training with it."""

import csv
from pathlib import Path

import pytest
from cell_runs import composed, run_lines, settings_of
from small_collection import write_small_collection

from cells.tasks.retrieve import retrieve
from cells.tasks.train import train
from errors import InputError


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    base = tmp_path_factory.mktemp("teaching")
    return settings_of(write_small_collection(base / "tiny"), base)


@pytest.fixture(scope="module")
def teacher(settings):
    cfg = composed(*settings, "task=retrieve_bm25", "evaluation.depth=20")
    retrieve(cfg)
    return Path(cfg.output_dir, cfg.cell, "run.trec.gz")


def test_a_loss_learns_from_the_teacher_that_the_task_wrote(settings, teacher):
    cfg = composed(*settings, "loss=kl_distillation", f"teacher={teacher}")
    train(cfg)
    history = Path(cfg.output_dir, cfg.cell, "history.csv").read_text()
    rows = [float(row["train/loss"]) for row in csv.DictReader(history.splitlines())]
    assert 0 < rows[-1] < rows[0]


def test_the_teacher_answers_every_split(teacher):
    lines = [line.split() for line in run_lines(teacher.parent)]
    assert {line[5] for line in lines} == {"bm25"}
    assert max(int(line[3]) for line in lines) == 20


def test_a_teacher_of_other_queries_is_refused_and_does_not_teach_nothing(settings, tmp_path):
    teacher = f"teacher={tmp_path / 'other.trec'}"
    (tmp_path / "other.trec").write_text("nobody Q0 d0-0 1 1 x\n")
    with pytest.raises(InputError, match=r"teacher=.*other\.trec: it has none of the \d+ training"):
        train(composed(*settings, "loss=kl_distillation", "variant=other", teacher))


def test_another_ranker_is_refused(settings):
    with pytest.raises(InputError, match=r"task\.by=oracle"):
        retrieve(composed(*settings, "task=retrieve", "task.by=oracle"))
