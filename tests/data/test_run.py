"""Runs and TREC run files."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import TextStore
from data.collections.records import Document
from data.runs import trec
from data.runs.trec import listed_documents, tie_free
from data.storage.text_store_writer import write_text_store
from errors import InputError
from evaluation import (
    Run,
    parse_measures,
    ranked_run,
    read_trec,
    score_run,
    without_self,
    write_trec,
)

INF = np.float32(np.inf)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> TextStore:
    folder = tmp_path_factory.mktemp("store")
    write_text_store(folder, (Document(f"d{row}", f"text {row}") for row in range(9)), "toy")
    return TextStore(folder)


def run_of(rows, scores, query_ids=("q1", "q2")) -> Run:
    return Run(list(query_ids), np.array(rows), np.array(scores, np.float32))


RUN = run_of([[3, 1, 4], [5, 2, -1]], [[2.5, 2.5, 2.5], [0.1, -1.0, -np.inf]])


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="must both be"):
        run_of([[1, 2]], [[1.0, 0.5]])


def test_ranked_run_orders_by_score_then_row():
    run = ranked_run({"q1": [(1.0, 4), (2.0, 7), (1.0, 2)], "q2": [], "q3": [(0.5, 1)]})
    assert run.rows.tolist() == [[7, 2, 4], [-1, -1, -1], [1, -1, -1]]
    assert run.scores.tolist() == [[2, 1, 1], [-INF] * 3, [0.5, -INF, -INF]]
    assert ranked_run({}).depth == 0


def test_without_self(documents):
    run = run_of([[3, 1, 4], [5, 2, -1]], [[3, 2, 1], [2, 1, -np.inf]], ["d1", "q2"])
    kept = without_self(run, documents)
    assert kept.rows.tolist() == [[3, 4, -1], [5, 2, -1]]
    assert kept.scores.tolist() == [[3, 1, -INF], [2, 1, -INF]]


FLOATS = st.floats(-(2.0**100), 2.0**100, width=32) | st.sampled_from(
    [0.0, 1.0, 1.0, -1.0, 1e-45, -1e-45]
)


@given(st.lists(FLOATS, min_size=1, max_size=30))
def test_tie_free_scores_keep_the_order_and_hardly_move(values):
    scores = np.sort(np.array([values], np.float32))[:, ::-1]
    strict = tie_free(scores)
    assert (np.diff(strict[0]) < 0).all()
    assert (strict <= scores).all()
    assert (strict[:, 0] == scores[:, 0]).all()
    if len(set(scores[0].tolist())) == len(values):
        assert (strict == scores).all()


@given(st.data())
@settings(max_examples=30)
def test_a_run_file_reads_back_as_the_same_ranks(documents, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "run.trec"
    lists = data.draw(
        st.dictionaries(
            st.sampled_from(["q1", "q2", "q3"]),
            st.dictionaries(st.integers(0, 8), FLOATS, min_size=1),
            min_size=1,
        ).map(
            lambda lists: {
                query: [(score, row) for row, score in scores.items()]
                for query, scores in lists.items()
            }
        )
    )
    run = ranked_run(lists)
    write_trec(run, documents.doc_id, path, tag="test")
    again = read_trec(path, documents)
    assert again.query_ids == run.query_ids
    assert again.rows.tolist() == run.rows.tolist()
    written = np.where(run.rows < 0, -INF, tie_free(run.scores))
    assert (again.scores.astype(np.float32) == written).all()


@pytest.mark.parametrize(
    ("first", "step"), [(1e9, 1.0), (0.97523, 1e-9), (1e300, 1e290), (-1e300, 1e290)]
)
def test_scores_that_tie_in_single_precision_only_are_ranked_as_doubles(
    documents, tmp_path, first, step
):
    path = tmp_path / "close.trec"
    order = [8, 0, 3, 1, 7]  # were they ties, the smaller row would come first
    lines = [f"q1 Q0 d{row} 1 {first - rank * step!r} x\n" for rank, row in enumerate(order)]
    path.write_text("".join(sorted(lines)))
    run = read_trec(path, documents)
    assert run.rows.tolist() == [order]
    qrels = {"q1": {"d8": 1, "d0": 0}}
    assert score_run(run, qrels, parse_measures(["RR@10"]), documents.doc_id).mean == {"RR@10": 1.0}
    write_trec(run, documents.doc_id, tmp_path / "again.trec", tag="x")
    assert read_trec(tmp_path / "again.trec", documents).rows.tolist() == [order]


def test_equal_doubles_are_ties(documents, tmp_path):
    path = tmp_path / "ties.trec"
    path.write_text("q1 Q0 d7 1 0.3 x\nq1 Q0 d2 2 0.30 x\nq1 Q0 d5 3 3e-1 x\n")
    assert read_trec(path, documents).rows.tolist() == [[2, 5, 7]]


@pytest.mark.parametrize("packed", [False, True])
def test_byte_order_marks_and_packed_files_lose_no_query(documents, tmp_path, packed):
    content = "\ufeffq1 Q0 d4 1 2 x\r\nq1 Q0 d2 2 1 x\r\n\ufeffq2 Q0 d3 1 1 x\r\n".encode()
    path = tmp_path / ("run.trec.gz" if packed else "run.trec")
    path.write_bytes(gzip.compress(content) if packed else content)
    run = read_trec(path, documents)
    assert run.query_ids == ["q1", "q2"]
    assert run.rows.tolist() == [[4, 2], [3, -1]]
    assert listed_documents(path) == {"d2", "d3", "d4"}


def test_run_file_lines(documents, tmp_path):
    write_trec(RUN, documents.doc_id, tmp_path / "run.trec", tag="cell")
    lines = (tmp_path / "run.trec").read_text().splitlines()
    assert lines[0] == "q1 Q0 d3 1 2.5 cell"
    assert lines[1] == "q1 Q0 d1 2 2.49999976 cell"
    assert [line.split()[:4] for line in lines[3:]] == [
        ["q2", "Q0", "d5", "1"],
        ["q2", "Q0", "d2", "2"],
    ]
    assert len(lines) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["run.trec"]


def test_a_packed_run_file_holds_the_same_lines_and_nothing_of_its_name_or_time(
    documents, tmp_path
):
    paths = [tmp_path / name for name in ("run.trec", "run.trec.gz", "copy.trec.gz")]
    for path in paths:
        write_trec(RUN, documents.doc_id, path, tag="cell")
    plain, packed, copy = (path.read_bytes() for path in paths)
    assert gzip.decompress(packed) == plain
    assert packed == copy
    assert packed[3:8] == bytes(5)  # no flag of a name, no time


def test_a_run_is_written_some_queries_at_a_time(documents, tmp_path, monkeypatch):
    run = ranked_run({f"q{n}": [(n + row / 9, row) for row in range(n % 4)] for n in range(1, 12)})
    write_trec(run, documents.doc_id, tmp_path / "whole", tag="x")
    monkeypatch.setattr(trec, "AT_ONCE", 7)
    write_trec(run, documents.doc_id, tmp_path / "blocks", tag="x")
    assert (tmp_path / "blocks").read_bytes() == (tmp_path / "whole").read_bytes()
    assert len((tmp_path / "whole").read_text().splitlines()) == 18


def test_the_lines_of_a_query_need_not_be_together(documents, tmp_path):
    path = tmp_path / "mixed.trec"
    path.write_text("q2 Q0 d4 1 1 x\nq1 Q0 d3 1 2 x\nq2 Q0 d5 1 3 x\nq1 Q0 d4 1 2.5 x\n")
    run = read_trec(path, documents)
    assert run.query_ids == ["q2", "q1"]
    assert run.rows.tolist() == [[5, 4], [4, 3]]
    assert run.scores.tolist() == [[3, 1], [2.5, 2]]


def test_reading_goes_by_score_not_by_rank(documents, tmp_path):
    (tmp_path / "run").write_text("q1\tQ0\td4\t1\t0.5\tx\n\nq1 Q0 d2 2 0.5 x\nq1 Q0 d7 3 9 x\n")
    assert read_trec(tmp_path / "run", documents).rows.tolist() == [[7, 2, 4]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q1 Q0 d1 1 nan x\n", "line 1 of .*run has the score nan, which is not a finite number"),
        ("q1 Q0 d1 1 inf x\n", "score inf"),
        ("q1 Q0 d1 1 high x\n", "score high"),
        ("q1 Q0 d1 1 0.5\n", "line 1 of .*run has 5 columns instead of `query_id Q0"),
        (
            "q1 Q0 d1 1 0.5 x\nq1 Q0 d1 2 0.4 x\n",
            "line 2 of .* lists document d1 for query q1 a second time",
        ),
        (
            "".join(f"{pair} x\n" for pair in ("q1 Q0 d1 1 3", "q2 Q0 d1 1 2", "q1 Q0 d1 2 1")),
            "line 3 of .* lists document d1 for query q1 a second time",
        ),
        (
            "q1 Q0 e1 1 0.5 x\nq1 Q0 e2 2 0.4 x\n",
            r"2 documents are not in the collection \(e1, e2\)",
        ),
        (b"\xff\xfe", "is not UTF-8"),
        ("", "run is empty: a run file lists documents"),
        ("\ufeff\n\n", "run is empty"),
    ],
)
def test_bad_run_files(documents, tmp_path, content, message):
    path = tmp_path / "run"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message):
        read_trec(path, documents)


def test_missing_run_file(documents, tmp_path):
    with pytest.raises(InputError, match=r"none\.trec cannot be read: No such file"):
        read_trec(tmp_path / "none.trec", documents)


@pytest.mark.parametrize(
    ("query_ids", "tag"), [(["q 1", "q2"], "x"), (["q1", "q2"], "my run"), (["q1", ""], "x")]
)
def test_words_that_a_run_file_cannot_hold(documents, tmp_path, query_ids, tag):
    run = Run(query_ids, RUN.rows, RUN.scores)
    with pytest.raises(InputError, match="rename it"):
        write_trec(run, documents.doc_id, tmp_path / "run.trec", tag=tag)
    assert not list(tmp_path.iterdir())
