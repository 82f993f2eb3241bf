"""Folders of the user: both layouts give the same collection, and splits keep to their rules."""

import gzip

import pytest
from folders import DEV, QUERIES, TEST, TEXTS, TRAIN, write_folder
from hypothesis import given
from hypothesis import strategies as st

from data.collections.folder import open_folder
from data.ingest import ingestion
from data.ingest.holdout import held_out
from data.storage.cache import Cache


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def write_tsv_folder(folder):
    folder.mkdir()
    (folder / "documents.tsv").write_bytes(
        b"\xef\xbb\xbf" + "".join(f"{key}\t{text}\r\n" for key, text in TEXTS.items()).encode()
    )
    (folder / "queries.tsv.gz").write_bytes(
        gzip.compress("\n\n".join(map("\t".join, QUERIES.items())).encode())
    )
    for name, judgements in (("train", TRAIN), ("dev", DEV), ("test", TEST)):
        lines = [f"{query_id} 0 {doc_id} {grade}\n" for query_id, doc_id, grade in judgements]
        (folder / f"qrels.{name}.tsv").write_text("".join(lines))
    return folder


def test_both_layouts_give_the_same_collection(tmp_path, cache):
    beir = open_folder(str(write_folder(tmp_path / "mine", dev=DEV)), cache=cache)
    tsv = open_folder(str(write_tsv_folder(tmp_path / "yours")), cache=cache)
    assert beir.fingerprint == tsv.fingerprint
    assert (beir.train, beir.validation, beir.test) == (tsv.train, tsv.validation, tsv.test)
    assert (beir.name, tsv.name) == ("mine", "yours")
    assert dict(zip(beir.documents.doc_ids(), beir.documents.texts(), strict=True)) == TEXTS
    assert beir.test.queries == {"q5": "bitter leaf", "q6": "fruit on trees"}
    assert beir.test.qrels == {"q5": {"endive": 2}, "q6": {"apple": 1, "banana": 0}}
    assert beir.train.qrels["q3"] == {"carrot": 1, "apple": 0}
    assert (beir.train.name, beir.validation.name, beir.test.name) == (
        "train",
        "validation",
        "test",
    )


def test_title_comes_before_the_text(tmp_path, cache):
    folder = write_folder(tmp_path / "mine")
    titled = '{"_id": 7, "title": "Pome", "text": "a fruit", "metadata": {}}\n'
    (folder / "corpus.jsonl").write_text(titled + (folder / "corpus.jsonl").read_text())
    documents = open_folder(str(folder), cache=cache).documents
    assert (documents.doc_id(0), documents.text(0)) == ("7", "Pome a fruit")


def test_second_opening_reads_the_cache(tmp_path, cache, monkeypatch):
    folder = write_folder(tmp_path / "mine")
    first = open_folder(str(folder), cache=cache)
    monkeypatch.setattr(ingestion, "write_text_store", None)
    monkeypatch.setattr(ingestion, "make_splits", None)
    again = open_folder(str(folder), cache=cache)
    assert (again.fingerprint, again.train, again.documents_fingerprint) == (
        first.fingerprint,
        first.train,
        first.documents_fingerprint,
    )


def test_fingerprints_tell_what_changed(tmp_path, cache):
    first = open_folder(str(write_folder(tmp_path / "a")), cache=cache)
    regraded = open_folder(
        str(write_folder(tmp_path / "b", test=[("q5", "endive", 1), *TEST[1:]])), cache=cache
    )
    reworded = open_folder(
        str(write_folder(tmp_path / "c", texts=TEXTS | {"apple": "pome"})), cache=cache
    )
    assert len({first.fingerprint, regraded.fingerprint, reworded.fingerprint}) == 3
    assert (
        first.documents_fingerprint
        == regraded.documents_fingerprint
        != reworded.documents_fingerprint
    )


def test_relevance_shifts_training_grades_only(tmp_path, cache):
    train = [("q1", "apple", 4), ("q2", "banana", 3), ("q3", "carrot", 3), ("q3", "apple", 2)]
    folder = write_folder(
        tmp_path / "mine",
        train=train,
        dev=[("q4", "daikon", 3)],
        test=[("q6", "apple", 3), ("q6", "banana", 2)],
    )
    collection = open_folder(str(folder), cache=cache, relevance=3)
    assert collection.train.qrels == {
        "q1": {"apple": 2},
        "q2": {"banana": 1},
        "q3": {"carrot": 1, "apple": 0},
    }
    assert collection.test.qrels == {"q6": {"apple": 3, "banana": 2}}
    assert collection.known_positives("q3") == {"carrot"}
    assert collection.known_positives("q6") == {"apple"}
    assert collection.known_positives("unknown") == frozenset()


def test_validation_is_held_out_of_train_and_never_of_test(tmp_path, cache):
    folder = str(write_folder(tmp_path / "mine"))
    collection = open_folder(folder, cache=cache, validation_share=0.4)
    assert len(collection.validation.queries) == 1
    assert collection.train.queries.keys() | collection.validation.queries.keys() == {
        "q1",
        "q2",
        "q3",
    }
    assert not collection.train.queries.keys() & collection.validation.queries.keys()
    assert collection.test.queries.keys() == {"q5", "q6"}
    chosen = {
        next(iter(open_folder(folder, cache=cache, split_seed=seed).validation.queries))
        for seed in range(20)
    }
    assert chosen == {"q1", "q2", "q3"}


def test_queries_in_the_same_words_stay_on_one_side(tmp_path, cache):
    queries = {f"q{number}": f"Query {number // 2}" for number in range(40)} | {"t": "test"}
    train = [(f"q{number}", "apple", 1) for number in range(40)]
    folder = write_folder(tmp_path / "mine", queries=queries, train=train, test=[("t", "apple", 1)])
    collection = open_folder(str(folder), cache=cache, validation_share=0.3)
    assert not set(collection.train.queries.values()) & set(collection.validation.queries.values())
    assert len(collection.validation.queries) == 12


@given(st.sets(st.text(), min_size=2), st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers())
def test_hold_out_is_nested_seeded_and_never_all(queries, share, other, seed):
    less, more = (held_out(queries, part, seed) for part in sorted((share, other)))
    assert 1 <= len(less) < len(queries)
    assert less <= more < queries
    assert less == held_out(sorted(queries, reverse=True), min(share, other), seed)


def test_one_query_a_split_is_enough(tmp_path, cache):
    folder = write_folder(tmp_path / "mine", train=TRAIN[:1], dev=DEV, test=TEST[:1])
    collection = open_folder(str(folder), cache=cache)
    assert (
        len(collection.train.queries)
        == len(collection.validation.queries)
        == len(collection.test.queries)
        == 1
    )
