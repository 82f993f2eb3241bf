"""BM25 against the formula, with ties, empty lists and edges settled."""

import math
from collections import Counter

import numpy as np
import pytest
from folders import QUERIES, TEXTS, write_folder
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.bm25 import parts
from data.bm25.bm25s_index import best
from data.collections.folder import open_folder
from data.runs.bm25 import bm25_run
from data.storage.cache import Cache
from errors import InputError


@pytest.fixture
def collection(tmp_path):
    return open_folder(str(write_folder(tmp_path / "mine")), cache=Cache(tmp_path / "cache"))


def naive_bm25(texts, query, k1, b):
    """The formula of the docstring, over words that no stemmer or stop list touches."""
    documents = [Counter(text.split()) for text in texts]
    average = sum(map(Counter.total, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for term in query.split():
            frequency = sum(term in other for other in documents)
            inverse = math.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
            score += (
                inverse
                * document[term]
                / (document[term] + k1 * (1 - b + b * document.total() / average))
            )
        scores.append(score)
    return np.array(scores)


@pytest.mark.parametrize(("k1", "b"), [(0.9, 0.4), (1.5, 1.0), (0.01, 0.0)])
def test_scores_follow_the_formula(tmp_path, k1, b):
    texts = {
        "a": "red fruit",
        "b": "red red root root root",
        "c": "fruit",
        "d": "leaf leaf red fruit",
    }
    queries = {"q1": "red fruit", "q2": "root leaf leaf", "q3": "fruit"}
    judged = {"train": [("q1", "a", 1)], "dev": [("q2", "b", 1)], "test": [("q3", "c", 1)]}
    collection = open_folder(
        str(write_folder(tmp_path / "mine", texts=texts, queries=queries, **judged)),
        cache=Cache(tmp_path / "cache"),
    )
    run = bm25_run(collection, queries, 4, k1=k1, b=b)
    for query, rows, scores in zip(queries.values(), run.rows, run.scores, strict=True):
        expected = naive_bm25(texts.values(), query, k1, b)
        np.testing.assert_allclose(scores[rows >= 0], expected[rows[rows >= 0]], rtol=1e-5)
        assert set(rows[rows >= 0]) == set(np.flatnonzero(expected))


def test_words_are_stemmed_and_stop_words_ignored(collection):
    run = bm25_run(collection, {"q": "The FRUITS of a tree"}, 5)
    assert collection.documents.doc_id(int(run.rows[0, 0])) == "apple"
    assert (run.rows[0] >= 0).sum() == 2


def test_lists_end_where_nothing_matches(collection):
    run = bm25_run(
        collection,
        {"nothing": "xylophone", "stop words": "the of a", "empty": "", "leaf": "leaf"},
        3,
    )
    assert run.query_ids == ["nothing", "stop words", "empty", "leaf"]
    assert (run.rows[:3] == -1).all()
    assert (run.scores[:3] == -np.inf).all()
    assert run.rows[3].tolist() == [list(TEXTS).index("endive"), -1, -1]


def test_documents_without_a_word_are_found_by_nothing(tmp_path, caplog):
    folder = write_folder(tmp_path / "signs", texts={doc_id: f"! {doc_id[0]}" for doc_id in TEXTS})
    collection = open_folder(str(folder), cache=Cache(tmp_path / "cache"))
    for _ in range(2):  # the second time from the cache
        assert (bm25_run(collection, QUERIES, 3).rows == -1).all()
        assert f"finds nothing for {len(QUERIES)} of {len(QUERIES)} queries" in caplog.text


def test_depth_beyond_the_collection_is_cut(collection):
    assert bm25_run(collection, QUERIES, 1000).rows.shape == (len(QUERIES), len(TEXTS))


@given(
    arrays(np.float32, st.integers(1, 30), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0])),
    st.integers(1, 30),
)
def test_best_are_sorted_by_score_then_row(scores, depth):
    rows, found = best(scores, depth)
    expected = [
        row
        for row in sorted(range(len(scores)), key=lambda row: (-scores[row], row))
        if scores[row] > 0
    ][:depth]
    assert rows.tolist() == expected
    assert found.tolist() == scores[expected].tolist()


def test_run_comes_from_the_cache_and_depends_on_what_is_asked(collection, monkeypatch):
    first = bm25_run(collection, QUERIES, 3)
    other = bm25_run(collection, QUERIES, 3, b=1.0)
    assert not np.array_equal(first.scores, other.scores)
    monkeypatch.setattr(parts, "_write", None)
    again = bm25_run(collection, QUERIES, 3)
    assert again.query_ids == first.query_ids
    assert np.array_equal(again.rows, first.rows)
    assert np.array_equal(again.scores, first.scores)


@pytest.mark.parametrize(
    "settings", [{"depth": 0}, {"k1": -1.0}, {"k1": float("nan")}, {"b": 1.1}, {"b": float("nan")}]
)
def test_parameters_out_of_range_are_refused(collection, settings):
    with pytest.raises(InputError, match=str(next(iter(settings.values())))):
        bm25_run(collection, QUERIES, **{"depth": 3} | settings)
