"""The text store gives back what was written, finds rows by id and refuses what it cannot hold."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.collections.records import Document
from data.storage import text_store, text_store_writer
from data.storage.text_store import TextStore
from data.storage.text_store_writer import write_text_store
from errors import InputError

IDS = st.text(st.characters(exclude_categories=("Z", "C")), min_size=1).filter(
    lambda text: not any(map(str.isspace, text))
)
TEXTS = st.text(st.characters(exclude_categories=("Cs",))).filter(str.strip)


def stored(folder, documents):
    write_text_store(folder, (Document(*document) for document in documents), "dataset.path=/mine")
    return TextStore(folder)


def problems(store):
    return [
        (problem["count"], problem["examples"])
        for problem in json.loads((store.folder / "store.json").read_text())["problems"]
    ]


@given(st.dictionaries(IDS, TEXTS, min_size=1))
def test_round_trip(documents):
    with tempfile.TemporaryDirectory() as folder:
        store = stored(Path(folder), documents.items())
        assert len(store) == len(documents)
        assert list(store.doc_ids()) == list(documents)
        assert list(store.texts()) == list(documents.values())
        for row, (doc_id, text) in enumerate(documents.items()):
            assert (store.row(doc_id), store.doc_id(row), store.text(row)) == (row, doc_id, text)


def test_lookup_of_what_is_not_there(tmp_path):
    store = stored(tmp_path, [("a", "x"), ("b", "y")])
    assert "a" in store
    assert "c" not in store
    assert 3 not in store
    with pytest.raises(KeyError):
        store.row("c")
    for row in (-1, 2):
        with pytest.raises(IndexError):
            store.text(row)


def test_colliding_hashes_are_told_apart_by_the_ids(tmp_path, monkeypatch):
    for module in (text_store, text_store_writer):
        monkeypatch.setattr(module, "id_hash", lambda _: 7)
    store = stored(tmp_path, [("a", "x"), ("b", "y"), ("a", "x"), ("c", "z")])
    assert [store.row(doc_id) for doc_id in "abc"] == [0, 1, 2]
    assert "d" not in store


def test_texts_of_rows_come_in_their_order(tmp_path):
    assert list(stored(tmp_path, [("a", "x"), ("b", "y"), ("c", "z")]).texts([2, 0, 2])) == [
        "z",
        "x",
        "z",
    ]


def test_travels_to_workers_as_its_path(tmp_path):
    rebuild, arguments = stored(tmp_path, [("a", "x")]).__reduce__()
    assert rebuild(*arguments).text(0) == "x"


def test_copies_are_kept_once(tmp_path):
    store = stored(tmp_path, [("a", "x"), ("b", "y"), ("a", "x")])
    assert list(zip(store.doc_ids(), store.texts(), strict=True)) == [("a", "x"), ("b", "y")]
    assert problems(store) == []


def test_one_id_with_two_texts_is_an_error(tmp_path):
    with pytest.raises(
        InputError, match=r"dataset.path=/mine: 1 document ids come with different texts: a\. Give"
    ):
        stored(tmp_path, [("a", "x"), ("b", "y"), ("a", "z")])


def test_unusable_documents_are_left_out_and_counted(tmp_path):
    empty = [(f"e{number}", " \t") for number in range(7)]
    store = stored(tmp_path, [*empty, ("a", "x"), ("", "y"), ("b c", "z")])
    assert list(store.doc_ids()) == ["a"]
    assert problems(store) == [(7, ["e0", "e1", "e2", "e3", "e4"]), (2, ["''", "'b c'"])]


def test_no_document_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no usable document"):
        stored(tmp_path, [("a", " ")])


def test_half_a_surrogate_pair_is_replaced(tmp_path):
    assert stored(tmp_path, [("a", "x\ud83d")]).text(0) == "x?"


def test_fingerprint_tells_content_and_order(tmp_path):
    contents = [
        [("a", "x"), ("b", "y")],
        [("b", "y"), ("a", "x")],
        [("a", "xb"), ("b", "y")],
        [("ax", "b"), ("b", "y")],
    ]
    fingerprints = []
    for number, documents in enumerate([*contents, contents[0]]):
        (tmp_path / str(number)).mkdir()
        fingerprints.append(stored(tmp_path / str(number), documents).fingerprint)
    assert len(set(fingerprints)) == len(contents)
    assert fingerprints[0] == fingerprints[-1]
