"""The generator of collections of MS MARCO's shape."""

from itertools import islice

import pytest

from benchmarks.retrieval import made_up_passages
from benchmarks.retrieval.made_up_passages import STOPPED, MadeUpPassages, distinct_words


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(made_up_passages, "WORDS", 5000)
    monkeypatch.setattr(made_up_passages, "BLOCK", 50)


def test_the_seed_alone_decides_on_a_passage():
    made = list(MadeUpPassages(120).texts())
    assert len(made) == 120
    assert list(islice(MadeUpPassages(1000).texts(), 120)) == made
    assert list(MadeUpPassages(120).texts(start=70)) == made[70:]
    assert list(MadeUpPassages(120, seed=1).texts()) != made


def test_passages_have_the_length_and_the_words_of_the_field():
    lengths = [len(text.split()) for text in MadeUpPassages(500).texts()]
    assert sum(lengths) / len(lengths) == pytest.approx(56, rel=0.05)
    words = " ".join(MadeUpPassages(500).texts()).split()
    assert words.count("the") > words.count("of") > words.count("such") > 0


@pytest.mark.parametrize("size", [50, 500])
def test_the_law_says_how_many_words_occur(size):
    occurring = {word for text in MadeUpPassages(size).texts() for word in text.split()}
    assert distinct_words(size) == pytest.approx(len(occurring), rel=0.05)


def test_queries_are_made_of_words_of_their_passage():
    made = MadeUpPassages(120)
    texts = list(made.texts())
    queries = list(made.queries(30))
    assert [row for row, _ in queries] == list(range(0, 120, 4))
    for row, query in queries:
        content = set(query.split()) - set(STOPPED)
        assert len(content & set(texts[row].split())) >= min(3, len(content))


def test_more_queries_than_passages_are_refused():
    with pytest.raises(ValueError, match="121 queries of 120 passages"):
        list(MadeUpPassages(120).queries(121))
