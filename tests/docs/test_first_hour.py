"""The journey of docs/how-to/first-hour.md, command by command, in a fresh copy of the project."""

import csv

import pytest
from printed_examples import HOW_TO, blocks, commands, fresh_copy, reasons, shell, write_file
from small_collection import write_small_collection
from tiny_models import save_encoder_of

pytestmark = pytest.mark.xdist_group("first hour")  # the journey is made once
PAGE = HOW_TO / "first-hour.md"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The copy after the journey, which was made without any repair."""
    base = tmp_path_factory.mktemp("journey")
    copy = fresh_copy(base / "project")
    write_small_collection(copy / "mine")
    save_encoder_of(copy / "mine", base / "words", copy / "my-encoder", positions=256, layers=1)
    for block in blocks(PAGE):
        if block.file is not None:
            write_file(block, copy)
        elif not all(map(reasons, commands(block.text))):
            shell(block.text, copy)
    return copy


def groups(report):
    """The rows of a report's groups.csv by the first measure."""
    with (report / "groups.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["measure"] == "nDCG@10"]


def test_the_report_has_every_cell_of_both_sweeps(copy):
    found = {
        (row["dataset"], row["model"], row["loss"], row["ratio"], row["seeds"])
        for row in groups(copy / "report")
    }
    assert found == {
        ("mine", "my_encoder", f"{loss}{rate}", ratio, "1 2")
        for loss in ("cross_entropy", "label_weakening")
        for rate, ratio in (("", "0.0"), ("", "0.4"), ("-lr-0.0001", "0.4"), ("-lr-0.001", "0.4"))
    }
    assert (copy / "report" / "index.html").stat().st_size > 0


def test_the_learning_rate_changes_the_outcome(copy):
    means = {(row["loss"], row["ratio"]): row["mean"] for row in groups(copy / "report")}
    assert means["cross_entropy-lr-0.0001", "0.4"] != means["cross_entropy-lr-0.001", "0.4"]


def test_each_loss_is_compared_at_the_learning_rate_that_validation_chooses(copy):
    rows = groups(copy / "report-tuned")
    assert {row["loss"] for row in rows} == {"cross_entropy", "label_weakening"}
    with (copy / "report-tuned" / "variants.csv").open(encoding="utf-8") as file:
        tried = [row for row in csv.DictReader(file) if row["ratio"] == "0.4"]
    assert {row["variant"] for row in tried} == {"", "lr-0.0001", "lr-0.001"}
    for loss in ("cross_entropy", "label_weakening"):
        found = [(row["validation"], row["chosen"]) for row in tried if row["loss"] == loss]
        assert max((float(value), chosen) for value, chosen in found)[1] == "True"


def test_the_export_is_a_model_with_a_card(copy):
    export = copy / "outputs/mine/my_encoder/label_weakening/none-0/seed-1/export"
    assert (export / "README.md").is_file()
    assert (export / "modules.json").is_file()
