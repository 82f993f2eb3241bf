"""Decisions about labels, from rules and files, and the labels that are left."""

import json

import pytest
from small_collection import write_small_collection

from data import Cache, open_folder
from errors import InputError
from suspects.cleaning import cleaned
from suspects.decisions import Decision, decide, read_decisions
from suspects.suspicion import Suspect

FIELDS = "query_id\tdoc_id\tdecision\tlikely_doc_id"
SUSPECTS = [
    Suspect("q1", "a", "b", 3.0, 1),
    Suspect("q2", "a", "", 2.0, 2),
    Suspect("q3", "a", "c", 1.0, 3),
]


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    base = tmp_path_factory.mktemp("decisions")
    return open_folder(str(write_small_collection(base / "tiny")), cache=Cache(base / "cache"))


@pytest.fixture(scope="module")
def labelled(collection):
    return next(iter(collection.train.queries))


def written(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_rules_take_the_most_suspect():
    dropped = decide(SUSPECTS, "drop", share=0.5)
    assert [each.query_id for each in dropped] == ["q1", "q2"]
    replaced = decide(SUSPECTS, "replace", threshold=1.0)
    assert replaced == [Decision("q1", "a", "replace", "b"), Decision("q2", "a", "drop", "")]


def test_labels_are_dropped_replaced_and_kept():
    qrels = {
        "q2": {"x": 2, "y": 1, "z": 0},
        "q1": {"a": 1, "n": 0},
        "q3": {"k": 1},
    }
    decisions = [
        Decision("q2", "x", "replace", "t"),
        Decision("q2", "y", "replace", "t"),
        Decision("q1", "a", "drop", ""),
        Decision("q3", "k", "keep", "m"),
    ]
    result = cleaned(qrels, decisions)
    assert result.qrels == {"q2": {"t": 2, "z": 0}, "q3": {"k": 1}}
    assert result.counts == {"dropped": 1, "replaced": 2, "queries_left_out": 1}
    assert qrels["q2"] == {"x": 2, "y": 1, "z": 0}


def test_a_judged_negative_can_take_over_the_label():
    result = cleaned({"q": {"wrong": 1, "true": 0}}, [Decision("q", "wrong", "replace", "true")])
    assert result.qrels == {"q": {"true": 1}}


def test_cleaning_everything_is_refused():
    with pytest.raises(InputError, match=r"^task\.share, .* would leave no training label"):
        cleaned({"q": {"a": 1}}, [Decision("q", "a", "drop", "")])


def test_a_file_of_another_collection_is_refused(collection, labelled, tmp_path):
    own = f"{labelled}\t{labelled.replace('q', 'd')}\tdrop\t"
    marked = written(tmp_path / "other.tsv", "# collection: 0123", FIELDS, own)
    with pytest.raises(InputError, match=r"^task\.decisions=.*other\.tsv: it is of another coll"):
        read_decisions(marked, collection, collection.train.qrels)
    good = written(tmp_path / "own.tsv", f"# collection: {collection.fingerprint}", FIELDS, own)
    assert read_decisions(good, collection, collection.train.qrels) == [
        Decision(labelled, labelled.replace("q", "d"), "drop", "")
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q999\td1-1\tdrop\t", "query q999, document d1-1 is no training label of tiny"),
        ("{q}\t{d}\tdelete\t", "'delete' is none of keep, replace, drop"),
        ("{q}\t{d}\treplace\tnowhere", "the document 'nowhere' is not in tiny"),
        ("{q}\t{d}\tdrop\t\n{q}\t{d}\tkeep\t", "is decided twice"),
        ("{q}\t{d}", "it needs the texts query_id, doc_id, decision, likely_doc_id"),
    ],
)
def test_a_decision_that_cannot_be_meant_is_refused(collection, labelled, tmp_path, line, message):
    line = line.format(q=labelled, d=labelled.replace("q", "d"))
    path = written(tmp_path / "decisions.tsv", FIELDS, line)
    with pytest.raises(InputError, match=rf"^task\.decisions=.*decision \d.*{message}") as refused:
        read_decisions(path, collection, collection.train.qrels)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.tsv", None),
        ("missing.json", None),
        ("a.tsv", "something else\n"),
        ("a.json", "[1]"),
        ("b.json", '{"decisions": [1]}'),
        ("c.json", '{"decisions": '),
    ],
)
def test_a_file_without_decisions_is_refused(collection, tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_decisions(path, collection, collection.train.qrels)


def test_json_decisions_are_read(collection, labelled, tmp_path):
    row = {"query_id": labelled, "doc_id": labelled.replace("q", "d"), "decision": "keep"}
    path = tmp_path / "a.json"
    content = {"collection": collection.fingerprint, "decisions": [row | {"likely_doc_id": ""}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    read = read_decisions(path, collection, collection.train.qrels)
    assert read == [Decision(labelled, labelled.replace("q", "d"), "keep", "")]
