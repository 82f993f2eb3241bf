"""The files of `task=noise` that other trainers learn from."""

import json
from pathlib import Path

import pytest
from cell_runs import SMALL, composed, settings_of
from folders import write_folder
from small_collection import write_small_collection

from cells.inputs.training_inputs import open_collection
from cells.tasks.noise import noise
from data.ingest.lines import read_judgements
from errors import InputError
from noise import Audit


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("labels_files")
    write_small_collection(base / "tiny")
    return base


def made(base, *overrides):
    """The configuration and the cell that it makes."""
    places = [f"dataset.path={base / 'tiny'}", f"cache_dir={base / 'cache'}"]
    encoder = "noise.encoder.dimensions=8"
    small = [each for each in SMALL if each != encoder or "noise=natural" not in overrides]
    inspected = ["noise.ratio=0.25", "task.encoder.dimensions=8", "task.examples=1"]
    cfg = composed("task=noise", "dataset=folder", *places, *small, *inspected, *overrides)
    noise(cfg)
    return cfg, base / f"{cfg.output_dir}/{cfg.cell}"


def lines(cell):
    return [json.loads(line) for line in (cell / "train.jsonl").read_text().splitlines()]


def test_the_qrels_file_holds_exactly_the_corrupted_labels(base):
    cfg, cell = made(base, f"output_dir={base / 'qrels'}")
    written = {(q, d): grade for q, d, grade in read_judgements(cell / "qrels/train.tsv")}
    noisy = Audit.read(cell / "audit.tsv").apply(open_collection(cfg).train.qrels)
    assert written == {(q, d): grade for q, judged in noisy.items() for d, grade in judged.items()}
    assert 0 in written.values()  # a removed document stays, judged not relevant
    assert not (cell / "train.jsonl").exists()


def test_the_qrels_file_trains_the_same_labels_in_another_collection(base):
    _, cell = made(base, f"output_dir={base / 'again'}")
    qrels = cell / "qrels/train.tsv"
    _, natural = made(
        base,
        f"output_dir={base / 'natural'}",
        "noise=natural",
        f"noise.qrels={qrels}",
        "noise.ratio=null",
        "noise.clean_grade=null",
    )
    assert (natural / "qrels/train.tsv").read_bytes() == qrels.read_bytes()


def test_pairs_with_negatives_have_the_columns_of_sentence_transformers(base):
    for layout, negatives, columns in (
        ("n-tuple", 0, ["anchor", "positive"]),
        ("n-tuple", 1, ["anchor", "positive", "negative"]),
        ("n-tuple", 3, ["anchor", "positive", "negative_1", "negative_2", "negative_3"]),
        ("triplet", 3, ["anchor", "positive", "negative"]),
    ):
        cfg, cell = made(
            base,
            f"output_dir={base / f'{layout}-{negatives}'}",
            f"task.examples_file={layout}",
            f"negatives.per_example={negatives}",
        )
        collection = open_collection(cfg)
        noisy = Audit.read(cell / "audit.tsv").apply(collection.train.qrels)
        texts = collection.documents
        pairs = [
            (collection.train.queries[query_id], texts.text(texts.row(doc_id)))
            for query_id in collection.train.queries
            for doc_id in sorted(noisy[query_id], key=texts.row)
            if noisy[query_id][doc_id] > 0
        ]
        found = lines(cell)
        assert all(list(line) == columns for line in found)
        repeats = negatives if layout == "triplet" else 1
        assert [(line["anchor"], line["positive"]) for line in found] == [
            pair for pair in pairs for _ in range(repeats)
        ]
        for line in found:
            assert line["positive"] not in list(line.values())[2:]


def test_tevatron_s_passages_carry_their_ids(base):
    cfg, cell = made(
        base,
        f"output_dir={base / 'tevatron'}",
        "task.examples_file=tevatron",
        "negatives.per_example=2",
    )
    documents = open_collection(cfg).documents
    for line in lines(cell):
        assert set(line) == {"query_id", "query", "positive_passages", "negative_passages"}
        assert (len(line["positive_passages"]), len(line["negative_passages"])) == (1, 2)
        for passage in (*line["positive_passages"], *line["negative_passages"]):
            assert passage["text"] == documents.text(documents.row(passage["docid"]))


def test_settings_that_cannot_be_written_are_refused_first(base, tmp_path):
    for overrides, message in (
        (["task.examples_file=pairs"], "task.examples_file=pairs: must be one of triplet"),
        (
            ["task.examples_file=n-tuple", "negatives.refresh_every=1"],
            "negatives.refresh_every: no network is trained",
        ),
        (["task.examples_file=n-tuple", "negatives.skip=10"], r"negatives\.skip=10"),
    ):
        with pytest.raises(InputError, match=message):
            made(base, f"output_dir={tmp_path / 'outputs'}", *overrides)
    assert not (tmp_path / "outputs").exists()


def test_grades_are_those_of_the_collection_in_what_is_read_and_written(tmp_path):
    """Where grade 2 is the lowest positive one, grade 1 is a negative in every file."""
    train = [(f"q{n}", doc, grade) for n, docs in GRADED.items() for doc, grade in docs.items()]
    folder = write_folder(tmp_path / "graded", train=train, dev=DEV, test=TEST)
    settings = (*settings_of(folder, tmp_path), "dataset.relevance=2", "dataset.on_problem=drop")
    natural = ("task=noise", "noise=natural", "noise.ratio=null", "task.encoder.dimensions=2")
    small = [each for each in settings if not each.startswith(("noise.encoder", "model."))]
    cfg = composed(*small, *natural, f"noise.qrels={folder / 'qrels/train.tsv'}")
    assert noise(cfg) == 0.0  # the file says what the collection says
    written = Path(cfg.output_dir, cfg.cell, "qrels/train.tsv")
    assert {tuple(each) for each in read_judgements(written)} == set(train)


DEV, TEST = [("q4", "daikon", 2)], [("q5", "endive", 2)]
GRADED = {
    1: {"apple": 3, "banana": 2, "carrot": 1},
    2: {"banana": 2, "apple": 1},
    3: {"carrot": 2, "daikon": 0},
}
