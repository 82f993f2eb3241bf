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


def test_a_focus_has_differences_of_its_own_beside_those_from_the_baseline(call, runs, tmp_path):
    (tmp_path / "three.trec").write_text("q1 Q0 d2 1 1.0 x\nq1 Q0 d1 2 0.5 x\n")
    named = [*runs[:3], f"three={tmp_path}/three.trec", *runs[3:]]
    status, _, errors = call(
        *named, "--measure", "RR@10", "--focus", "two", "--out", tmp_path / "out"
    )
    assert status == 0, errors
    tables = tmp_path / "out/tables"
    baseline, focus = (
        {
            line.split(" | ")[0].removeprefix("| "): float(line.split(" | ")[1].split("[")[0])
            for line in (tables / f"{name}.md").read_text().splitlines()[4:]
        }
        for name in ("differences", "differences-focus")
    )
    means = {"one": 1 / 3, "two": 1.0, "three": 1 / 6}
    assert baseline == pytest.approx(
        {name: means[name] - means["one"] for name in ("two", "three")}, abs=5e-4
    )
    assert focus == pytest.approx(
        {name: means["two"] - means[name] for name in ("one", "three")}, abs=5e-4
    )
    caption = (tables / "differences-focus.md").read_text().splitlines()[0]
    assert "two minus each system" in caption
    assert "the system of the row" in caption


@pytest.mark.parametrize("more", [["--status"], ["--seed", "9" * 20], ["--seed", "-1"]])
def test_options_that_cannot_be_used_with_runs_are_refused_in_a_line(call, runs, more):
    status, _, errors = call(*runs, *more)
    assert status == 1
    assert errors.count("\n") == 1
    assert more[0] in errors
