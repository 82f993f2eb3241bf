"""How BM25 tells words apart, by language."""

import logging
from dataclasses import replace

import pytest
from folders import write_folder

from data.collections.folder import open_folder
from data.runs.analyzer import analyzed, check_language, description
from data.runs.bm25 import bm25_run
from data.storage.cache import Cache
from errors import InputError

DIABETES = "糖尿病"


def terms(text, language):
    (found,) = analyzed([text], language, return_ids=False)
    return found


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("english", "The fruits of a tree", ["fruit", "tree"]),
        ("none", "The fruits of a tree", ["the", "fruits", "of", "tree"]),
        ("german", "Die Häuser und der Ärger", ["haus", "arg"]),
        ("hindi", "किताबें", ["किताब"]),  # vowel signs belong to the word
        ("none", "cafe\u0301 CAFÉ", ["café", "café"]),
        ("cjk", f"{DIABETES} and B vitamins", ["糖尿", "尿病", "and", "vitamins"]),
        ("cjk", "水", ["水"]),
        ("cjk", "ｶﾀｶﾅ", ["カタ", "タカ", "カナ"]),
        ("cjk", "น้ำตาล", ["น\u0e49", "\u0e49ํ", "ํา", "าต", "ตา", "าล"]),
        ("none", "", []),
        ("cjk", "!?", []),
    ],
)
def test_words(language, text, expected):
    assert terms(text, language) == expected


@pytest.mark.parametrize("language", ["klingon", "", "Chinese", None])
def test_unknown_languages_are_refused(language):
    with pytest.raises(InputError, match=r"bm25\.language=.*must be one of .*cjk.*english.*none"):
        check_language(language)


@pytest.fixture
def chinese(tmp_path):
    texts = {
        f"d{n}": f"{DIABETES}患者的饮食建议与运动{mark * 3}" for n, mark in enumerate("一万与东")
    }
    queries = {f"q{n}": f"关于{mark * 3}{DIABETES}" for n, mark in enumerate("一万与东")}
    judged = {"train": [("q0", "d0", 1), ("q1", "d1", 1)], "test": [("q2", "d2", 1)]}
    folder = write_folder(tmp_path / "cjk", texts=texts, queries=queries, **judged)
    return open_folder(str(folder), cache=Cache(tmp_path / "cache")), queries


def test_what_bm25_cannot_find_is_said_and_found_in_another_language(chinese, caplog):
    collection, queries = chinese
    with caplog.at_level(logging.WARNING):
        run = bm25_run(collection, queries, 2)
    assert (run.rows == -1).all()
    assert "BM25 finds nothing for 4 of 4 queries of cjk (q0, q1, q2, q3)" in caplog.text
    assert "bm25.language=english" in caplog.text
    caplog.clear()
    found = bm25_run(replace(collection, bm25_language="cjk"), queries, 2)
    assert found.rows[:, 0].tolist() == [0, 1, 2, 3]
    assert not caplog.text


def test_every_language_has_an_index_of_its_own():
    assert description("english").startswith("words of two")  # as before there was a choice
    assert len({description(language) for language in ("english", "none", "cjk", "german")}) == 4
