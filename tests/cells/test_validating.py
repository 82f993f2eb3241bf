"""Which judgements pick the epoch, and when training stops early."""

import csv
import json

import pytest
from cell_runs import SMALL, composed
from folders import QUERIES, write_folder
from small_collection import write_small_collection

from cells.inputs.validation import check_validation, validation_qrels
from cells.tasks.train import train
from cells.training.evaluator import Evaluator
from data import Cache, open_folder
from errors import InputError


@pytest.fixture
def run_cell(tmp_path):
    folder = write_small_collection(tmp_path / "tiny")

    def run_it(*overrides, out=tmp_path):
        cfg = composed(
            "dataset=folder",
            f"dataset.path={folder}",
            f"cache_dir={tmp_path / 'c'}",
            f"output_dir={out}",
            *SMALL,
            *overrides,
        )
        train(cfg)
        return out / cfg.cell

    return run_it


def history(cell):
    return list(csv.DictReader((cell / "history.csv").read_text().splitlines()))


@pytest.fixture
def validated_as(monkeypatch):
    """Make the epochs of a cell validate as told."""
    validate = Evaluator.validate

    def tell(*values):
        told = iter(values)
        monkeypatch.setattr(
            Evaluator,
            "validate",
            lambda self, network: validate(self, network) | {"nDCG@10": next(told)},
        )

    return tell


@pytest.fixture
def worsening(validated_as):
    """Validation that is best in the second epoch."""
    validated_as(0.2, 0.5, 0.4, 0.3, 0.2, 0.1)


def test_the_last_epoch_is_tested_beside_the_selected_one(run_cell, validated_as, tmp_path):
    def scores(name, *overrides):
        cell = run_cell("trainer.max_epochs=3", *overrides, out=tmp_path / name)
        return json.loads((cell / "scores.json").read_text())

    validated_as(0.2, 0.5, 0.4)
    earlier = scores("earlier", "evaluation.last_epoch=true")
    validated_as(0.2, 0.4, 0.5)
    later = scores("later", "evaluation.last_epoch=true")
    validated_as(0.2, 0.4, 0.5)
    untold = scores("untold")
    assert (earlier["selected_epoch"], later["selected_epoch"]) == (1, 2)
    assert earlier["last_epoch"] == {"epoch": 2, "measures": later["measures"]}
    assert later["last_epoch"] == earlier["last_epoch"]
    assert earlier["measures"] != later["measures"]
    assert untold["last_epoch"] is None


@pytest.mark.usefixtures("worsening")
def test_training_stops_when_patience_ends_and_keeps_the_best(run_cell):
    cell = run_cell("trainer.max_epochs=6", "validation.patience=2", "noise.ratio=0.2")
    assert [row["validation/nDCG@10"] for row in history(cell)] == ["0.2", "0.5", "0.4", "0.3"]
    assert json.loads((cell / "scores.json").read_text())["selected_epoch"] == 1


@pytest.mark.usefixtures("worsening")
def test_a_cell_that_stopped_early_is_not_trained_on_when_it_is_continued(run_cell, monkeypatch):
    settings = ("trainer.max_epochs=6", "validation.patience=1", "noise.ratio=0.2")
    test, calls = Evaluator.test, []

    def interrupt_second(self, *arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return test(self, *arguments)

    monkeypatch.setattr(Evaluator, "test", interrupt_second)
    with pytest.raises(KeyboardInterrupt):
        run_cell(*settings)
    assert [row["validation/nDCG@10"] for row in history(run_cell(*settings))] == [
        "0.2",
        "0.5",
        "0.4",
    ]


@pytest.mark.usefixtures("worsening")
def test_without_patience_all_epochs_are_trained(run_cell):
    assert len(history(run_cell("trainer.max_epochs=4", "noise.ratio=0.2"))) == 4


def qrels(tmp_path, *overrides, **settings):
    folder = write_small_collection(tmp_path / "tiny")
    collection = open_folder(str(folder), cache=Cache(tmp_path / "cache"), **settings)
    return validation_qrels(composed("noise=uniform", *overrides), collection), collection


def test_noisy_validation_is_corrupted_at_the_ratio_of_the_noise(tmp_path):
    noisy, collection = qrels(tmp_path, "validation.labels=noisy", "noise.ratio=0.4")
    clean = collection.validation.qrels
    assert noisy.keys() == clean.keys()
    assert sum(noisy[query_id] != clean[query_id] for query_id in clean) == round(0.4 * len(clean))
    assert qrels(tmp_path / "again", "validation.labels=noisy", "noise.ratio=0.4")[0] == noisy
    assert qrels(tmp_path / "none", "validation.labels=noisy", "noise.ratio=0.0")[0] == clean
    assert qrels(tmp_path / "clean", "noise.ratio=0.4")[0] == clean


def test_noisy_validation_keeps_published_grades_and_queries_without_a_positive(tmp_path):
    dev = [("q4", "daikon", 3), ("q3", "apple", 1)]
    train = [("q1", "apple", 3), ("q2", "banana", 3)]
    test = [("q5", "endive", 3)]
    folder = write_folder(tmp_path / "mine", queries=QUERIES, train=train, dev=dev, test=test)
    collection = open_folder(str(folder), cache=Cache(tmp_path / "cache"), relevance=3)
    noisy = validation_qrels(
        composed("noise=uniform", "noise.ratio=0.9", "validation.labels=noisy"), collection
    )
    assert noisy["q3"] == {"apple": 1}
    positives = [doc_id for doc_id, grade in noisy["q4"].items() if grade == 3]
    assert len(positives) == 1
    assert positives != ["daikon"]


def test_a_cell_is_picked_by_noisy_labels_and_tested_on_clean_ones(run_cell, tmp_path):
    clean, noisy = (
        run_cell("noise.ratio=0.5", f"validation.labels={labels}", out=tmp_path / labels)
        for labels in ("clean", "noisy")
    )
    first, second = (json.loads((cell / "scores.json").read_text()) for cell in (clean, noisy))
    assert first["validation"] != second["validation"]
    assert first["untrained"] == second["untrained"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["validation.labels=dirty"], r"validation\.labels=dirty: must be one of clean, noisy"),
        (["validation.patience=0"], r"validation\.patience=0"),
        (
            ["validation.labels=noisy", "noise.audit=/some/audit.tsv"],
            r"noise\.audit=/some/audit\.tsv.*validation\.labels=clean",
        ),
    ],
)
def test_unusable_settings_are_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        check_validation(composed(*overrides))
