"""Measures, scores and per_query.tsv."""

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import InputError
from evaluation import (
    Run,
    Scores,
    check_depth,
    deepest_cutoff,
    parse_measures,
    read_per_query,
    score_run,
    write_per_query,
    write_trec,
)
from evaluation.measure_names import programs

NAMES = ["nDCG@10", "RR@10", "R@100", "AP"]


def doc_id(row: int) -> str:
    return f"d{row}"


def test_names_are_kept_as_ir_measures_prints_them():
    assert list(map(str, parse_measures(["nDCG@10", "AP(rel=2)@100", "MRR@10", "nDCG@10"]))) == [
        "nDCG@10",
        "AP(rel=2)@100",
        "RR@10",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nDCG10", r"did you mean nDCG@10\?"),
        ("ndcg@5", r"did you mean nDCG@5\?"),
        ("recal@100", r"did you mean Recall@100\?"),
        ("xyz", "'xyz' is not an ir-measures measure. Examples: nDCG@10"),
        ("nDCG@ten", "nDCG@ten"),
        ("nDCG@10@5", "nDCG@10@5"),
        ("P", "'P' is not"),
        ("", "'' is not"),
        ("AP(depth=3)", "AP"),
        ("alpha_nDCG@10", "no installed program computes 'alpha_nDCG@10'"),
        # gdeval's: a process of its own, which stops at ids that are not numbers
        ("ERR@10", "no installed program computes 'ERR@10'"),
        # whose mean depends on the other measures, and whose "mean" is a sum
        ("Accuracy@1", "no installed program computes 'Accuracy@1'"),
        ("NumRel", "no installed program computes 'NumRel'"),
        ("nDCG(dcg='exp-log2')@10", "no installed program computes"),
        ("P@0", "the cutoff must be 1 or more"),  # aborts the process if it gets through
        ("nDCG@0", "the cutoff must be 1 or more"),
        ("P@-1", "'P@-1' is not"),
        ("P@5.5", r"cutoff=5\.5 is not usable"),
        ("P@True", "'P@True' is not"),
        ("P(rel=True)@5", "rel=True is not usable"),
        ("P(rel=0)@5", "rel must be 1 or more"),
        ("P(rel=1,rel=2)@5", "a parameter is given twice"),
        ("P(cutoff=3)@5", "a parameter is given twice"),
        ("Compat(p=2.0)", "p must lie between 0 and 1"),
        ("IPrec@1.5", r"the recall must lie in \[0, 1\]"),
        ("SDCG@10", "it needs max_rel"),
        ("P@5;", "'P@5;' is not"),
        ("P@5 # five", "is not"),
        ("__import__('os')@5", "is not"),
        ("P@" + "9" * 5000, "is not"),
        ("(" * 5000, "is not"),
    ],
)
def test_bad_names(name, message):
    with pytest.raises(InputError, match=message):
        parse_measures([name])


def test_no_measures():
    with pytest.raises(InputError, match="at least one measure"):
        parse_measures([])


@pytest.mark.parametrize(
    "name",
    [
        "nDCG(gains={1:3,2:7})@10",
        "P(rel=2,judged_only=True)@5",
        "IPrec@0.1",
        "SetF(beta=0.5)",
        "Compat(p=0.8,normalize=False)",
    ],
)
def test_parameters_reach_the_measure(name):
    assert list(map(str, parse_measures([name]))) == [name]


def test_parsing_needs_nothing_that_python_gives_up(recwarn):
    parse_measures([*NAMES, "AP(rel=2)@100", "IPrec@0.5"])
    assert not recwarn.list


@pytest.mark.parametrize(
    ("names", "depth"),
    [
        (["nDCG@10", "R@50"], 50),
        (["nDCG@10", "AP"], 100),
        (["R@1000"], 100),
        (["P(judged_only=True)@5"], 100),
    ],
)
def test_deepest_cutoff(names, depth):
    assert deepest_cutoff(parse_measures(names), 100) == depth


@st.composite
def judged_runs(draw):
    """A run with ties, some queries without judgements, and without some judged queries."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = draw(st.integers(1, 30))
    rows = np.array([rng.permutation(40)[:k] for _ in range(4)])
    scores = -np.sort(-rng.integers(0, 4, (4, k)).astype(np.float32))
    rows = np.take_along_axis(rows, np.lexsort((rows, -scores), axis=1), axis=1)
    qrels = {
        f"q{i}": {
            doc_id(row): int(grade)
            for row, grade in enumerate(rng.integers(-1, 4, 40))
            if rng.random() < 0.4
        }
        for i in range(1, 6)
    }
    return Run([f"q{i}" for i in range(4)], rows, scores), {
        query: judged for query, judged in qrels.items() if judged
    }


@given(judged_runs())
@settings(max_examples=50, deadline=None)
def test_scores_are_those_of_pytrec_eval_on_the_written_run(tmp_path_factory, case):
    run, qrels = case
    scores = score_run(run, qrels, parse_measures(NAMES), doc_id)
    path = tmp_path_factory.getbasetemp() / "scored.trec"
    write_trec(run, doc_id, path, tag="x")
    with path.open() as file:
        written = pytrec_eval.parse_run(file)
    evaluator = pytrec_eval.RelevanceEvaluator(
        qrels, {"ndcg_cut_10", "recip_rank", "recall_100", "map"}
    )
    results = evaluator.evaluate(written)
    names = {"nDCG@10": "ndcg_cut_10", "R@100": "recall_100", "AP": "map"}
    for query in qrels:
        for name, theirs in names.items():
            assert scores.per_query[query][name] == pytest.approx(
                results.get(query, {}).get(theirs, 0.0), abs=1e-6
            )
        reciprocal = results.get(query, {}).get("recip_rank", 0.0)
        assert scores.per_query[query]["RR@10"] == pytest.approx(
            reciprocal if reciprocal >= 0.1 - 1e-9 else 0.0, abs=1e-6
        )
    for name in NAMES:
        assert scores.mean[name] == pytest.approx(
            np.mean([values[name] for values in scores.per_query.values()]), abs=1e-12
        )


RUN = Run(
    ["q1", "q2", "other"],
    np.array([[0, 1], [2, -1], [3, 4]]),
    np.array([[1.0, 1.0], [1.0, -np.inf], [2.0, 1.0]], np.float32),
)


def test_which_queries_count():
    qrels = {"q1": {"d1": 1}, "q2": {"d2": 0}, "unanswered": {"d5": 1}}
    scores = score_run(RUN, qrels, parse_measures(["RR@10"]), doc_id)
    assert scores.per_query == {
        "q1": {"RR@10": 0.5},
        "q2": {"RR@10": 0.0},
        "unanswered": {"RR@10": 0.0},
    }
    assert scores.mean == {"RR@10": pytest.approx(0.5 / 3)}


def test_documents_that_nobody_judged_are_skipped_however_many_there_are():
    run = Run(["q1"], np.arange(9)[None], -np.arange(9, dtype=np.float32)[None])
    qrels = {"q1": {"d7": 1, "d8": 0}}
    scores = score_run(run, qrels, parse_measures(["P(judged_only=True)@2", "P@2"]), doc_id)
    assert scores.mean == {"P(judged_only=True)@2": 0.5, "P@2": 0.0}


def test_measures_deeper_than_the_run_are_refused():
    measures = parse_measures(["nDCG@10", "R@100", "AP"])
    check_depth(measures, 100, "evaluation.depth")
    message = r"evaluation\.depth=1: nDCG@10, R@100 would be .* Raise evaluation\.depth to 100"
    with pytest.raises(InputError, match=message):
        check_depth(measures, 1, "evaluation.depth")


@pytest.mark.parametrize("query_ids", [[], ["Q1", "Q2"]])
def test_a_run_of_other_queries_is_refused_and_does_not_score_zero(query_ids):
    rows = np.zeros((len(query_ids), 1), np.int64)
    run = Run(query_ids, rows, np.zeros_like(rows, np.float32))
    answered = "Q1, Q2" if query_ids else "no queries at all"
    with pytest.raises(InputError, match=f"none of the 2 judged .* q1, q2; the run has {answered}"):
        score_run(run, {"q1": {"d1": 1}, "q2": {"d1": 1}}, parse_measures(["AP"]), doc_id)


def test_every_measure_that_can_be_named_has_a_number():
    names = [
        *("AP", "AP@5", "RR", "RR@5", "nDCG", "nDCG@5", "P@5", "R@5", "Rprec", "Bpref", "infAP"),
        *("Success@5", "Judged@5", "Compat", "IPrec@0.1", "SetP", "SetR", "SetF", "SetAP"),
    ]
    qrels = {"q1": {"d0": 1}, "q2": {"d2": 0}, "absent": {"d1": 1}, "none": {"d1": -1}}
    scores = score_run(RUN, qrels, parse_measures(names), doc_id)
    for values in (scores.mean, *scores.per_query.values()):
        assert values.keys() == set(names)
        assert np.isfinite(list(values.values())).all()


def test_no_judgements():
    with pytest.raises(InputError, match="nothing to score"):
        score_run(RUN, {}, parse_measures(["AP"]), doc_id)


def test_one_query():
    scores = score_run(
        Run(["q1"], np.array([[4]]), np.array([[0.0]], np.float32)),
        {"q1": {"d4": 1}},
        parse_measures(NAMES),
        doc_id,
    )
    assert scores.mean == dict.fromkeys(NAMES, 1.0)


def test_only_as_many_ranks_as_needed_are_looked_up():
    seen = []
    run = Run(["q1"], np.arange(50)[None], -np.arange(50, dtype=np.float32)[None])
    score_run(
        run,
        {"q1": {"d4": 1}},
        parse_measures(["nDCG@10", "P@5"]),
        lambda row: seen.append(row) or doc_id(row),
    )
    assert seen == list(range(10))


def test_ir_measures_is_asked_once(monkeypatch):
    calls = []
    calc = programs.calc
    monkeypatch.setattr(programs, "calc", lambda *arguments: calls.append(1) or calc(*arguments))
    score_run(RUN, {"q1": {"d1": 1}}, parse_measures(NAMES), doc_id)
    assert calls == [1]


def test_per_query_file_keeps_every_digit(tmp_path):
    scores = Scores(
        {"nDCG@10": 0.2, "AP(rel=2)@100": 0.5},
        {
            "q1": {"nDCG@10": 1 / 3, "AP(rel=2)@100": 0.1 + 0.2},
            'q"2': {"nDCG@10": 0.0, "AP(rel=2)@100": 1.0},
        },
    )
    path = tmp_path / "per_query.tsv"
    write_per_query(scores, path)
    assert path.read_text().splitlines()[:2] == [
        "query_id\tnDCG@10\tAP(rel=2)@100",
        "q1\t0.3333333333333333\t0.30000000000000004",
    ]
    assert read_per_query(path) == scores.per_query


@pytest.mark.parametrize(
    "content", ["", "query\tAP\nq1\t0.5\n", "query_id\tAP\nq1\thigh\n", "query_id\tAP\nq1\n"]
)
def test_bad_per_query_files(tmp_path, content):
    (tmp_path / "per_query.tsv").write_text(content)
    with pytest.raises(InputError, match=r"per_query\.tsv"):
        read_per_query(tmp_path / "per_query.tsv")
