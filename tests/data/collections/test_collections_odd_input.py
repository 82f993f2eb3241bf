"""Input that looks wrong and can be used is used."""

import pytest
from folders import QUERIES, TEST, TEXTS, TRAIN, write_folder, write_jsonl

from data import bm25_run, first_copies, text_fingerprint
from data.collections.folder import open_folder
from data.storage.cache import Cache
from errors import InputError


def open_mine(folder, **settings):
    return open_folder(str(folder), cache=Cache(folder.parent / "cache"), **settings)


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "mine"


def test_test_queries_without_a_positive_stay_and_are_said(mine, caplog):
    write_folder(mine, test=[*TEST, ("q4", "apple", 0)])
    assert "q4" in open_mine(mine).test.queries
    assert "1 test queries have no positive judgement" in caplog.text


def test_copies_of_queries_and_judgements_are_tolerated(mine):
    folder = write_folder(mine, train=[*TRAIN, TRAIN[0]])
    write_jsonl(folder / "queries.jsonl", [*QUERIES.items(), ("q1", QUERIES["q1"])])
    collection = open_mine(mine)
    assert len(collection.train.queries) + len(collection.validation.queries) == 3


def write_tsv(folder, *, header):
    """The small collection in tab-separated files."""
    folder.mkdir()
    rows = {
        "documents.tsv": [
            ("docid", "text", "title"),
            *((k, v, "a title") for k, v in TEXTS.items()),
        ],
        "queries.tsv": [("qid", "query"), *QUERIES.items()],
        "qrels.train.tsv": [("query-id", "corpus-id", "relevance_label"), *TRAIN],
        "qrels.test.tsv": [
            ("query_id", "iteration", "doc_id", "grade"),
            *((q, 0, d, g) for q, d, g in TEST),
        ],
    }
    for name, lines in rows.items():
        content = ["\t".join(map(str, line)) for line in lines[0 if header else 1 :]]
        (folder / name).write_text("\n".join(content) + "\n")
    return folder


def test_lines_that_name_the_columns_are_no_records(tmp_path):
    with_header, without = (
        open_mine(write_tsv(tmp_path / name, header=header))
        for name, header in (("named", True), ("bare", False))
    )
    assert list(with_header.documents.doc_ids()) == list(TEXTS)
    assert with_header.fingerprint == without.fingerprint
    assert with_header.train.qrels == without.train.qrels


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("q1\tapple\thigh", r"line 1 of .*train\.tsv has the grade 'high'.*begins with query-id"),
        ("q1\tapple\t0.5", "has the grade '0.5': grades are whole numbers"),
        ("q1\tapple\t1_0", "has the grade '1_0'"),
        ("q1\tapple\t" + "9" * 20, "has the grade '9999"),
        ("q1\tapple\tnan", "has the grade 'nan'"),
    ],
)
def test_a_first_line_that_is_no_header_is_not_skipped(mine, line, complaint):
    write_folder(mine)
    (mine / "qrels" / "train.tsv").write_text(line + "\nq2\tbanana\t1\n")
    with pytest.raises(InputError, match=complaint):
        open_mine(mine)


def test_whole_grades_may_be_written_with_a_point(mine):
    write_folder(
        mine, train=[("q1", "apple", "2.0"), ("q2", "banana", "+1"), ("q3", "carrot", "1.")]
    )
    collection = open_mine(mine, validation_share=0.01)
    grades = [g for judged in collection.train.qrels.values() for g in judged.values()]
    assert all(type(grade) is int for grade in grades)
    assert set(grades) <= {1, 2}
    assert len(grades) == 2


def test_half_a_surrogate_pair_is_a_question_mark_in_queries_and_documents(mine):
    texts, queries = TEXTS | {"apple": "red \ud83d fruit"}, QUERIES | {"q5": "bitter \udc00 leaf"}
    collection = open_mine(write_folder(mine, texts=texts, queries=queries))
    assert collection.documents.text(0) == "red ? fruit"
    assert collection.test.queries["q5"] == "bitter ? leaf"
    text_fingerprint(collection.test.queries.values())


def test_documents_that_are_all_the_same_are_a_collection(mine):
    collection = open_mine(write_folder(mine, texts=dict.fromkeys(TEXTS, "the same text")))
    assert first_copies(collection).tolist() == [0] * len(TEXTS)
    assert bm25_run(collection, {"q": "text"}, 5).rows.tolist() == [[0, 1, 2, 3, 4]]
