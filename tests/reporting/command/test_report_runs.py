"""Run files of other systems are compared by the same statistics."""

import pytest

RUNS = {
    "one.trec": "q1 Q0 d1 1 2.0 x\nq1 Q0 d2 2 1.0 x\nq2 Q0 d3 1 1.0 x\nq9 Q0 d1 1 1.0 x\n",
    "two.trec": "q1 Q0 d2 1 1.0 x\nq1 Q0 d1 2 1.0 x\nq2 Q0 d4 1 1.0 x\nq3 Q0 d5 1 1.0 x\n",
}


QRELS = "q1 0 d1 1\nq2 0 d4 1\nq3 0 d5 2\n"


@pytest.fixture
def runs(tmp_path):
    """Two run files and judgements."""
    for name, content in (RUNS | {"qrels.txt": QRELS}).items():
        (tmp_path / name).write_text(content)
    return [
        "--runs",
        f"one={tmp_path}/one.trec",
        f"two={tmp_path}/two.trec",
        "--qrels",
        tmp_path / "qrels.txt",
    ]


def test_runs_of_others_are_compared_by_the_same_statistics(call, runs, tmp_path):
    status, shown, errors = call(
        *runs, "--measure", "RR@10", "--measure", "nDCG@10", "--out", tmp_path / "out"
    )
    assert status == 0, errors
    assert f"{tmp_path}/one.trec lacks 1 of 3 judged queries (q3): they count as 0." in shown
    assert (
        f"{tmp_path}/one.trec has queries without judgements: 1 (q9). They are not scored." in shown
    )
    lines = (tmp_path / "out/per_query/qrels.csv").read_text().splitlines()
    assert lines[:3] == [
        "measure,system,q1,q2,q3",
        "RR@10,one,1.0,0.0,0.0",
        "RR@10,two,1.0,1.0,1.0",
    ]
    heads, comparison = (tmp_path / "out/comparisons.csv").read_text().splitlines()[:2]
    assert heads.startswith("family,measure,dataset,system,other,queries,")
    assert comparison.startswith("baseline,RR@10,qrels,two,one,3,")


def test_files_of_one_name_are_its_seeds(call, runs):
    status, shown, _ = call(
        *(str(argument).replace("one=", "a=").replace("two=", "a=") for argument in runs),
        "--terminal",
    )
    assert status == 0
    assert "mean ± standard deviation over seeds 1, 2" in shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q1 Q0 d1 1 nan x\n", "not a finite number"),
        ("q1 d1\n", "2 columns"),
        ("q1 Q0 d1 1 1 x\nq1 Q0 d1 2 0 x\n", "a second time"),
        ("", "two.trec is empty"),
        ("Q1 Q0 d1 1 1 x\n", "the run has none of the 3 judged queries"),
    ],
)
def test_damaged_run_files_are_refused(call, runs, tmp_path, content, message):
    (tmp_path / "two.trec").write_text(content)
    status, _, errors = call(*runs)
    assert status == 1
    assert message in errors
    (tmp_path / "qrels.txt").write_text(QRELS + "q1 0 d1 0\n")
    assert "document d1 has grades 1 and 0" in call(*runs)[2]
