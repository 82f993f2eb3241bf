"""The embedded collection: its recipe on a small library, and its shape on the real one."""

import shutil

import pytest

from data.collections.standard_library import (
    described_definitions,
    open_standard_library,
    sentences,
)
from data.runs.bm25 import bm25_run
from data.runs.ranked_lists import NO_DOCUMENT
from data.runs.trec import write_trec
from data.storage.cache import Cache

MODULE = '''"""The module's own docstring is no document."""
\x0c
class Stack(list):
    """A stack of plates in the kitchen."""

    @property
    def top(self):
        """Return the plate that is on top.

        Nothing is removed from the stack. It was added in 1999.

        >>> Example that is not a sentence at all
        """
        # the last one
        return self[-1]

class Broken(Exception): "Raised when a plate falls down."

def undocumented():
    def inner(): """Even an inner function can be asked for."""

if True:
    def twice(): "Defined in the first of two branches."
else:
    def twice(): "Defined in the second of two branches."
'''


@pytest.fixture
def library(tmp_path):
    for folder in ("package", "test", "site-packages"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("def broken(:")
    (tmp_path / "latin.py").write_bytes(
        '# coding: latin-1\ndef cafe():\n    "Serve the strongest coffee, caf\xe9."\n'.encode(
            "latin-1"
        )
    )
    return tmp_path


def test_every_documented_definition_is_a_document_without_docstrings(library):
    described = {definition.name: definition for definition in described_definitions(library)}
    assert list(described) == [
        *("latin.cafe", "package.Broken", "package.Stack", "package.Stack.top"),
        *("package.twice", "package.twice#2", "package.undocumented.inner"),
    ]
    assert described["package.Stack"].source.splitlines() == [
        *(
            "class Stack(list):",
            "    @property",
            "    def top(self):",
            "        # the last one",
            "        return self[-1]",
        ),
    ]
    assert (
        described["package.Stack.top"].source
        == "def top(self):\n    # the last one\n    return self[-1]"
    )
    assert described["package.Broken"].source == "class Broken(Exception):"
    assert described["package.Stack.top"].sentences == [
        *(
            "Return the plate that is on top.",
            "Nothing is removed from the stack.",
            "It was added in 1999.",
        ),
    ]
    assert described["latin.cafe"].sentences == ["Serve the strongest coffee, caf\xe9."]


def test_same_library_elsewhere_gives_the_same_documents(library, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("other") / "lib"
    shutil.copytree(library, elsewhere)
    assert described_definitions(elsewhere) == described_definitions(library)


def test_sentences_are_prose_and_at_most_six():
    assert sentences(
        "Too short.\n\nx = {(1): [2], (3): [4]} -> {5, 6}\n\nThis one is kept\nacross lines. and "
        "so is this"
    ) == ["This one is kept across lines. and so is this"]
    assert len(sentences("This sentence is said again. " * 9)) == 6


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return open_standard_library(cache=Cache(tmp_path_factory.mktemp("cache")))


def test_real_library_gives_thousands_of_documents_and_queries(demo):
    assert demo.name == "demo"
    assert 3_000 < len(demo.documents) < 20_000
    assert 5_000 < len(demo.train.queries) < 30_000
    assert len(demo.validation.queries) == pytest.approx(
        0.05 / 0.95 * len(demo.train.queries), rel=0.02
    )
    assert (
        0.10
        < len(demo.test.queries)
        / (len(demo.train.queries) + len(demo.validation.queries) + len(demo.test.queries))
        < 0.14
    )


def test_every_query_looks_for_one_document_by_words_of_its_own(demo):
    texts = [
        text.casefold()
        for split in (demo.train, demo.validation, demo.test)
        for text in split.queries.values()
    ]
    assert len(texts) == len(set(texts))
    for split in (demo.train, demo.validation, demo.test):
        assert split.queries.keys() == split.qrels.keys()
        assert all(list(grades.values()) == [1] for grades in split.qrels.values())


def test_most_test_documents_are_met_in_training(demo):
    trained = {doc_id for grades in demo.train.qrels.values() for doc_id in grades}
    asked = [doc_id for grades in demo.test.qrels.values() for doc_id in grades]
    assert sum(doc_id in trained for doc_id in asked) > 0.4 * len(asked)


def test_a_packed_run_of_all_test_queries_leaves_a_cell_below_3_mb(demo, tmp_path):
    """Without weights, the other files of a cell take .4 MB (docs/sweeps.md)."""
    queries = dict(list(demo.test.queries.items())[:300])
    run = bm25_run(demo, queries, 100)
    path = tmp_path / "run.trec.gz"
    write_trec(run, demo.documents.doc_id, path, tag="label_weakening-1")
    listed = int((run.rows != NO_DOCUMENT).sum())
    assert listed > 20_000
    assert path.stat().st_size / listed * 100 * len(demo.test.queries) < 2_600_000
