"""The index on disk with its pruned search, which must rank exactly as bm25s does."""

import logging
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from folders import QUERIES, TEXTS, write_folder

from data.bm25 import engines, indexing, kernel, parts, pieces, pruned_search
from data.bm25.engines import check_engine, check_memory, chosen
from data.collections.folder import open_folder
from data.runs.bm25 import bm25_run
from data.storage.cache import Cache
from errors import InputError

JUDGED = {"train": [("q1", "d1", 1)], "dev": [("q2", "d2", 1)], "test": [("q3", "d3", 1)]}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Many pieces, parts and windows; without numba the same functions run in Python."""
    monkeypatch.setattr(engines, "compiles", lambda: True)
    monkeypatch.setattr(indexing, "PIECE", 800)
    monkeypatch.setattr(parts, "PART", 7)
    if kernel.search_some.__class__.__name__ == "function":
        monkeypatch.setattr(kernel, "WINDOW", 16)


def words_by_zipf(random, length):
    return " ".join(f"w{min(word, 60)}" for word in random.zipf(1.3, length))


@pytest.fixture
def collection(tmp_path):
    random = np.random.default_rng(7)
    texts = {f"d{row}": words_by_zipf(random, random.integers(1, 12)) for row in range(150)}
    texts["d40"] = texts["d80"] = texts["d3"]  # ties across pieces
    texts["d5"] = "!"  # without a term
    queries = {f"q{row}": words_by_zipf(random, random.integers(1, 9)) for row in range(18)}
    queries |= {"twice": "w9 w9 w2", "nothing": "!", "unknown": "xylophone w4"}
    folder = write_folder(tmp_path / "made", texts=texts, queries=queries, **JUDGED)
    return open_folder(str(folder), cache=Cache(tmp_path / "cache")), queries


def by(engine, collection):
    return replace(collection, bm25_engine=engine)


def names(collection, kind):
    return sorted(
        path.name for path in (collection.cache.root / kind).iterdir() if path.suffix != ".lock"
    )


@pytest.mark.parametrize(("k1", "b"), [(0.9, 0.4), (0.0, 1.0)])
def test_both_engines_give_the_same_run_to_the_last_bit(collection, k1, b):
    made, queries = collection
    for depth in (1, 10, 11, 1000):
        expected = bm25_run(by("bm25s", made), queries, depth, k1=k1, b=b)
        found = bm25_run(by("pruned", made), queries, depth, k1=k1, b=b)
        assert (expected.rows >= 0).any()
        assert np.array_equal(found.rows, expected.rows)
        assert np.array_equal(found.scores, expected.scores)


def test_both_engines_agree_on_real_words(tmp_path):
    made = open_folder(str(write_folder(tmp_path / "mine")), cache=Cache(tmp_path / "cache"))
    expected, found = (bm25_run(by(engine, made), QUERIES, 3) for engine in ("bm25s", "pruned"))
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.scores.tolist() == expected.scores.tolist()


def test_documents_without_a_word_are_found_by_nothing(tmp_path):
    folder = write_folder(tmp_path / "signs", texts=dict.fromkeys(TEXTS, "!"))
    made = open_folder(str(folder), cache=Cache(tmp_path / "cache"))
    assert (bm25_run(by("pruned", made), QUERIES, 2).rows == -1).all()


def uncompiled(monkeypatch):
    """Let Python run the search, since compiled functions call each other unseen."""
    for name, function in vars(kernel).copy().items():
        monkeypatch.setattr(kernel, name, getattr(function, "py_func", function))
    monkeypatch.setattr(pruned_search, "search_some", kernel.search_some)


def test_documents_that_cannot_get_in_are_not_scored(collection, tmp_path, monkeypatch):
    """One rare word decides; the frequent one is only looked up."""
    texts = {f"d{row}": "rare common" if row % 50 == 0 else "common" for row in range(150)}
    folder = write_folder(tmp_path / "two", texts=texts, queries=collection[1], **JUDGED)
    made = open_folder(str(folder), cache=Cache(tmp_path / "cache"))
    uncompiled(monkeypatch)
    scored, exact = [], kernel.exact_score
    monkeypatch.setattr(
        kernel, "exact_score", lambda *given: scored.append(given[-1]) or exact(*given)
    )
    run = bm25_run(by("pruned", made), {"q": "rare common"}, 1)
    assert run.rows[0].tolist() == [0]
    assert scored == [0, 50, 100]  # the two with the same score included


def test_an_interrupted_index_continues_with_the_piece_it_was_at(collection, monkeypatch):
    made, queries = collection
    expected = bm25_run(by("bm25s", made), queries, 5)
    begun, write = [], indexing.write_piece

    def interrupted(folder, texts, first, language):
        begun.append(first)
        if len(begun) == 3:
            raise KeyboardInterrupt
        write(folder, texts, first, language)

    monkeypatch.setattr(indexing, "write_piece", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bm25_run(by("pruned", made), queries, 5)
    assert len(names(made, "bm25-piece")) == 2
    assert len(names(made, "bm25-index")) == 1  # bm25s'
    found = bm25_run(by("pruned", made), queries, 5)
    begins = [begin for begin, _ in indexing._slices(made.documents.sizes)]
    assert begun == [*begins[:3], *begins[2:]]
    assert len(begins) > 3
    assert names(made, "bm25-piece") == []
    assert np.array_equal(found.rows, expected.rows)


def test_an_index_whose_merge_was_interrupted_is_merged_again(collection, monkeypatch):
    made, queries = collection
    merge = indexing.write_impact_index

    def interrupted(folder, *given):
        merge(folder, *given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(indexing, "write_impact_index", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bm25_run(by("pruned", made), queries, 5)
    assert names(made, "bm25-index") == []
    expected = bm25_run(by("bm25s", made), queries, 5)
    assert np.array_equal(bm25_run(by("pruned", made), queries, 5).rows, expected.rows)


@pytest.mark.parametrize("engine", ["bm25s", "pruned"])
def test_an_interrupted_search_continues_with_the_part_it_was_at(collection, monkeypatch, engine):
    made, queries = collection
    expected = bm25_run(by("bm25s", made), queries, 6)
    made = replace(by(engine, made), cache=Cache(made.cache.root.parent / "other"))
    sizes, write = [], parts._write

    def interrupted(folder, *, shape, **given):
        sizes.append(shape[0])
        if len(sizes) == 2:
            raise KeyboardInterrupt
        write(folder, shape=shape, **given)

    monkeypatch.setattr(parts, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bm25_run(made, queries, 6)
    found = bm25_run(made, queries, 6)
    assert sizes == [7, 7, 7, 7]
    assert names(made, "bm25-run-part") == []
    assert np.array_equal(found.rows, expected.rows)
    assert np.array_equal(found.scores, expected.scores)


def test_too_small_a_disk_is_said_before_anything_is_indexed(collection, monkeypatch):
    made, queries = collection
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(InputError, match=r"cache_dir=.*has 0\.0 GB of room.*needs .* GB while"):
        bm25_run(by("pruned", made), queries, 5)
    assert names(made, "bm25-piece") == names(made, "bm25-index") == []


def test_the_estimate_of_the_disk_is_near_the_truth(collection):
    made, queries = collection
    bm25_run(by("pruned", made), queries, 5)
    (index,) = (path for path in (made.cache.root / "bm25-index").iterdir() if path.is_dir())
    postings = sum((index / name).stat().st_size for name in ("rows.npy", "impacts.npy")) - 256
    estimate = indexing.Room(made)._index / indexing.VOCABULARY
    assert estimate == pytest.approx(postings)


@pytest.mark.parametrize("value", ["lucene", "", None])
def test_unknown_engines_are_refused(value):
    with pytest.raises(InputError, match=r"bm25\.engine=.*auto.*bm25s.*pruned"):
        check_engine(value)


def test_without_numba_only_bm25s_is_there(monkeypatch, caplog):
    monkeypatch.setattr(engines, "compiles", lambda: False)
    with pytest.raises(InputError, match=r"bm25\.engine=pruned: it needs numba.*pip install"):
        check_engine("pruned")
    assert chosen("auto", engines.SMALL + 1, 10**6) == "bm25s"
    with caplog.at_level(logging.WARNING):
        check_memory("auto", engines.SMALL + 1, 10**6)
    assert "200,001 documents: BM25 runs on bm25s" in caplog.text
    assert "pip install" in caplog.text


def test_documents_and_their_text_choose():
    few, little = engines.SMALL, engines.LITTLE_TEXT
    assert chosen("auto", few, little) == chosen("bm25s", 10**7, 10**10) == "bm25s"
    for documents, text in ((few + 1, little), (few, little + 1)):
        assert chosen("auto", documents, text) == chosen("pruned", 1, 1) == "pruned"


def test_more_memory_than_there_is_is_refused_by_the_size_of_the_text(monkeypatch):
    monkeypatch.setattr(engines, "_memory", lambda: 24e9)
    with pytest.raises(InputError, match=r"200,000 documents.*55 GB.*24 GB are there; set bm25\."):
        check_memory("auto", 200_000, 5 * 10**9)
    monkeypatch.setattr(engines, "compiles", lambda: False)
    with pytest.raises(InputError, match=r"8,841,823 documents.*33 GB.*24 GB.*numba"):
        check_memory("auto", 8_841_823, 2_960_000_000)
    check_memory("bm25s", 8_841_823, 2_960_000_000)  # as asked


def test_a_kept_run_or_index_is_used_whatever_memory_there_is(collection, monkeypatch):
    made, queries = collection
    run = bm25_run(made, queries, 5)
    monkeypatch.setattr(engines, "_memory", lambda: 10)
    assert np.array_equal(bm25_run(made, queries, 5).rows, run.rows)
    assert np.array_equal(bm25_run(made, queries, 4).rows, run.rows[:, :4])
    with pytest.raises(InputError, match=r"bm25s needs about"):
        bm25_run(made, queries, 5, b=0.5)


def test_a_piece_holds_so_much_text_or_one_document(monkeypatch):
    monkeypatch.setattr(indexing, "PIECE", 10)
    slices = indexing._slices(np.array([5, 5, 5, 100, 1, 9, 1]))
    assert slices == [(0, 2), (2, 3), (3, 4), (4, 6), (6, 7)]


def test_long_documents_are_analysed_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(pieces, "LETTERS", 10)
    monkeypatch.setattr(pieces, "AT_ONCE", 3)
    texts = ["a" * 9, "b" * 9, "c" * 30, "d", "e", "f", "g"]
    assert [len(some) for some in pieces.batches(texts)] == [2, 1, 3, 1]


@pytest.mark.parametrize("others", [{}, {"d4": "नेपाल", "d5": "का नेपाल"}])
def test_a_stem_may_be_empty(tmp_path, monkeypatch, others):
    """Snowball leaves nothing of the commonest words of Nepali, which may be all that there is."""
    monkeypatch.setattr(indexing, "PIECE", 1)
    texts = {"d1": "का", "d2": "को", "d3": "का को"} | others
    folder = write_folder(tmp_path / "mine", texts=texts, **JUDGED)
    made = open_folder(str(folder), cache=Cache(tmp_path / "cache"))
    made = replace(made, bm25_language="nepali")
    queries = {"empty": "की", "both": "नेपाल का", "other": "नेपाल"}
    expected, found = (bm25_run(by(engine, made), queries, 5) for engine in ("bm25s", "pruned"))
    assert (expected.rows[0] >= 0).sum() >= 3
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.scores.tolist() == expected.scores.tolist()
