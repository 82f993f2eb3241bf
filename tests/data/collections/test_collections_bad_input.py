"""Every fault of a folder gives one line with the setting or file, the fault and the remedy."""

import gzip

import pytest
from folders import QUERIES, TEST, TEXTS, TRAIN, write_folder

from data.collections.folder import open_folder
from data.storage.cache import Cache
from errors import InputError

SPACED = {"queries": QUERIES | {"q 7": "sweet"}, "train": [*TRAIN, ("q 7", "apple", 1)]}


def open_mine(folder, **settings):
    return open_folder(str(folder), cache=Cache(folder.parent / "cache"), **settings)


@pytest.fixture
def mine(tmp_path):
    return tmp_path / "mine"


@pytest.mark.parametrize(
    ("content", "dropped", "complaint"),
    [
        (
            {"train": [*TRAIN, ("q1", "zucchini", 1)]},
            set(),
            "1 train judgements name a document that is not there: q1 -> zucchini",
        ),
        (
            {"test": [*TEST, ("q9", "apple", 1)]},
            set(),
            "1 test judgements name a query that is not there: q9 -> apple",
        ),
        (
            {"train": [*TRAIN, ("q2", "banana", 2)]},
            {"q2"},
            "1 train pairs are judged twice, with different grades: q2 -> banana",
        ),
        (
            {"train": [*TRAIN, ("q4", "daikon", 0)]},
            {"q4"},
            "1 train queries have no positive judgement: q4",
        ),
        (
            {"train": [*TRAIN, ("q5", "endive", 1)]},
            {"q5"},
            "1 train queries are also test queries: q5",
        ),
        (
            {"queries": QUERIES | {"q2": "Bitter  LEAF"}},
            {"q2"},
            "1 train queries are also test queries: q2",
        ),
        (
            {"queries": QUERIES | {"q2": " \t"}},
            {"q2"},
            "1 train judgements belong to a query without text: q2 -> banana",
        ),
        (SPACED, {"q 7"}, "1 train judgements have a query id with white space"),
        ({"texts": TEXTS | {"fig": " "}}, set(), "1 documents have no text: fig"),
        (
            {"texts": TEXTS | {"f g": "fig"}},
            set(),
            "1 documents have an id that is empty or contains white space",
        ),
    ],
)
def test_unusable_records_are_refused_or_dropped_and_said(
    mine, caplog, content, dropped, complaint
):
    write_folder(mine, **content)
    with pytest.raises(InputError) as error:
        open_mine(mine)
    assert complaint in str(error.value)
    assert "dataset.path=" in str(error.value)
    assert "dataset.on_problem=drop" in str(error.value)
    collection = open_mine(mine, on_problem="drop")
    assert complaint in caplog.text
    assert not dropped & (collection.train.queries.keys() | collection.validation.queries.keys())
    assert collection.test.queries.keys() == {"q5", "q6"}
    caplog.clear()
    open_mine(mine, on_problem="drop")
    assert complaint in caplog.text, "a collection from the cache says it too"


def test_five_of_many_are_shown(mine):
    write_folder(mine, train=[*TRAIN, *[("q1", f"d{number}", 1) for number in range(8)]])
    with pytest.raises(
        InputError,
        match=r"8 train judgements .*: q1 -> d0, q1 -> d1, q1 -> d2, q1 -> d3, q1 -> d4, \.\.\.",
    ):
        open_mine(mine)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        (
            "corpus.jsonl",
            b'{"_id": "a", "text": "caf\xe9"}\n',
            r"line 1 of .*corpus\.jsonl is not UTF-8",
        ),
        (
            "corpus.jsonl",
            b'{"_id": "a", "text": "x"}\n{"_id"\n',
            r"line 2 of .*corpus\.jsonl is not JSON",
        ),
        (
            "corpus.jsonl",
            b'{"_id": "a", "text": null}\n',
            r"line 1 of .*corpus\.jsonl is not a record like",
        ),
        (
            "corpus.jsonl",
            b'{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}\n',
            r"1 document ids come with different texts: a",
        ),
        ("corpus.jsonl", b"\n", r"dataset\.path=.* has no usable document"),
        (
            "queries.jsonl",
            b'{"_id": "q1", "text": "x"}\n{"_id": "q1", "text": "y"}\n',
            r"queries\.jsonl gives two texts for the query id q1",
        ),
        (
            "qrels/train.tsv",
            b"q1\tapple\t1.5\n",
            r"line 1 of .*train\.tsv has the grade '1\.5': grades are whole numbers",
        ),
        (
            "qrels/train.tsv",
            b"q1\tapple\t1\nq1\tbanana\tyes\n",
            r"line 2 of .*train\.tsv has the grade 'yes'",
        ),
        ("qrels/train.tsv", b"q1 apple\n", r"line 1 of .*train\.tsv has 2 fields"),
        ("qrels/train.tsv", b"query-id\tcorpus-id\tscore\n", r"has 0 usable training queries"),
        ("qrels/test.tsv", b"q5\tendive\t0\n", r"has no usable test query"),
    ],
)
def test_malformed_files_are_named_with_the_line(mine, name, content, complaint):
    write_folder(mine)
    (mine / name).write_bytes(content)
    for on_problem in ("fail", "drop"):
        with pytest.raises(InputError, match=complaint):
            open_mine(mine, on_problem=on_problem)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b'{"_id": "a", "text": "x"}' * 99)[:-9],
        b"no gzip",
        gzip.compress(b"x" * 99)[:12] + b"\xff" * 20,
    ],
    ids=[
        "cut short",
        "no gzip",
        "not deflated",
    ],  # a gzip header holds the time: ids made of it would differ between processes
)
def test_damaged_gzip_is_named(mine, content):
    folder = write_folder(mine)
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"corpus\.jsonl\.gz cannot be read"):
        open_mine(mine)


def test_tsv_without_tab_is_named(mine):
    folder = write_folder(mine)
    (folder / "corpus.jsonl").unlink()
    (folder / "documents.tsv").write_text("apple\tred\nbanana yellow\n")
    with pytest.raises(InputError, match=r"line 2 of .*documents\.tsv has no tab"):
        open_mine(mine)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("corpus.jsonl", "corpus"),
        ("queries.jsonl", "queries"),
        ("qrels/train.tsv", "train"),
        ("qrels/test.tsv", "test"),
    ],
)
def test_missing_files_are_listed_with_what_is_expected(mine, name, role):
    (write_folder(mine) / name).unlink()
    with pytest.raises(
        InputError, match=rf"lacks: {role}\. Expected there, perhaps with \.gz: .*{name}"
    ):
        open_mine(mine)


def test_missing_folder_is_named(mine):
    with pytest.raises(InputError, match=r"dataset\.path=.*mine is not a folder"):
        open_mine(mine)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"on_problem": "ignore"}, r"dataset\.on_problem=ignore"),
        ({"validation_share": 0.0}, r"dataset\.validation_share=0\.0"),
        ({"validation_share": 1.0}, r"dataset\.validation_share=1\.0"),
        ({"validation_share": float("nan")}, r"dataset\.validation_share=nan"),
        ({"train_pairs": 0}, r"dataset\.train_pairs=0"),
        ({"train_pairs": -5}, r"dataset\.train_pairs=-5"),
        ({"train_pairs": 0.5}, r"dataset\.train_pairs=0\.5"),
        ({"train_pairs": True}, r"dataset\.train_pairs=true"),
        ({"validation_queries": 0}, r"dataset\.validation_queries=0"),
        ({"test_queries": 0}, r"dataset\.test_queries=0"),
        ({"relevance": 0}, r"dataset\.relevance=0"),
    ],
)
def test_settings_out_of_range_are_named(mine, settings, complaint):
    write_folder(mine)
    with pytest.raises(InputError, match=complaint):
        open_mine(mine, **settings)


def test_one_training_query_cannot_be_split(mine):
    write_folder(mine, train=TRAIN[:1])
    with pytest.raises(InputError, match="1 usable training queries, too few"):
        open_mine(mine)
