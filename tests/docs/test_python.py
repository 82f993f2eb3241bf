"""The program of docs/how-to/python.md, and what its three calls refuse."""

import math

import pytest
import torch
from printed_examples import HOW_TO, blocks, performed

import losses
import noise
from errors import InputError
from reporting.run_comparison import compare_runs

QRELS = {"q1": {"d1": 1}, "q2": {"d2": 1}}
DOCUMENTS = {"d1": "red fruit", "d2": "white root", "d3": "bitter leaf"}
QUERIES = {"q1": "red", "q2": "white", "q3": "unjudged"}


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """The names that the page's program leaves."""
    folder = tmp_path_factory.mktemp("program")
    page = blocks(HOW_TO / "python.md")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return performed("\n".join(block.text for block in page), {}, folder)


def test_half_of_the_labels_were_corrupted_and_come_back(left):
    audit = left["noisy"].audit
    assert len(audit.rows) == 2
    assert audit.undo(left["noisy"].qrels) == left["qrels"]


def test_the_weakened_loss_takes_the_doubted_label_less_seriously(left):
    believed, weakened = left["cross_entropy"].values, left["weakened"].values
    assert weakened[1] < believed[1] / 10
    assert left["weakened"].decisions.ambiguous.tolist() == [0, 1]
    assert left["scores"].grad.abs().sum() > 0


def test_the_better_run_is_better(left):
    means = left["compared"].means
    assert means["mine"] == {"nDCG@10": 1.0, "RR@10": 1.0}
    assert means["bm25"]["RR@10"] == (1 + 3 / 2) / 4
    found = {each.measure: each for each in left["compared"].comparisons}
    assert (found["RR@10"].loss, found["RR@10"].other) == ("mine", "bm25")
    assert found["RR@10"].difference == pytest.approx(3 / 8)
    assert (found["RR@10"].wins, found["RR@10"].ties, found["RR@10"].losses) == (3, 1, 0)


def test_the_trainer_learnt_and_told_its_progress(left):
    assert left["trained"].training_loss > 0
    assert left["loss"].progress == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ({}, "empty"),
        ({"q9": {"d1": 1}}, "queries have no text.*q9"),
        ({"q1": {"d9": 1}}, "documents have no text.*d9"),
        ({"q1": {"d1": 0.5}}, "no whole numbers.*q1 -> d1"),
    ],
)
def test_qrels_without_texts_or_grades_are_refused(qrels, message):
    model = noise.UniformSubstitution(ratio=0.5, seed=1)
    with pytest.raises(InputError, match=message):
        noise.corrupt_qrels(qrels, model, documents=DOCUMENTS, queries=QUERIES)


def test_the_same_call_gives_the_same_labels_whatever_the_order():
    def corrupted(flip):
        model = noise.UniformSubstitution(ratio=0.5, seed=1)
        texts, asked, judged = (
            dict(sorted(given.items(), reverse=flip)) for given in (DOCUMENTS, QUERIES, QRELS)
        )
        return noise.corrupt_qrels(judged, model, documents=texts, queries=asked)

    assert corrupted(flip=False).audit.to_bytes() == corrupted(flip=True).audit.to_bytes()


def test_lists_of_another_shape_are_refused():
    with pytest.raises(InputError, match=r"scores \[2, 3\], labels \[3\]"):
        losses.score_lists(losses.CrossEntropy(), torch.zeros(2, 3), torch.zeros(3))


def test_a_progress_beyond_the_end_is_refused():
    lists = torch.zeros(1, 2)
    with pytest.raises(InputError, match="progress=2"):
        losses.score_lists(losses.CrossEntropy(), lists, lists, progress=2)


def test_a_mask_leaves_candidates_out():
    scores, labels = torch.tensor([[1.0, 2.0, 9.0]]), torch.tensor([[1, 0, 0]])
    mask = torch.tensor([[True, True, False]])
    found = losses.score_lists(losses.CrossEntropy(), scores, labels, mask=mask)
    assert found.mean() == pytest.approx(math.log(1 + math.e))


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ({"mine": {"q1": {"d1": math.nan}}}, "mine: 1 scores are not finite.*q1 -> d1"),
        ({"mine": {}}, "mine is empty"),
        ({"mine": {"q7": {"d1": 1.0}}}, "none of the 2 judged"),
    ],
)
def test_runs_that_cannot_be_scored_are_refused(runs, message):
    with pytest.raises(InputError, match=message):
        compare_runs(runs, QRELS)


def test_a_baseline_that_is_no_system_is_refused():
    run = {"q1": {"d1": 1.0}, "q2": {"d2": 1.0}}
    with pytest.raises(InputError, match="baseline=bm25"):
        compare_runs({"mine": run}, QRELS, baseline="bm25")


def test_a_file_and_a_dictionary_are_scored_alike_and_seeds_are_averaged(tmp_path):
    run = {"q1": {"d1": 1.0, "d3": 0.5}, "q2": {"d2": 0.1, "d3": 0.9}}
    lines = [f"{q} Q0 {d} 1 {s} x\n" for q, listed in run.items() for d, s in listed.items()]
    (tmp_path / "a.trec").write_text("".join(lines))
    worse = {"q1": {"d3": 1.0}, "q2": {"d3": 0.9}}
    found = compare_runs(
        {"file": tmp_path / "a.trec", "memory": run, "seeds": [run, worse]}, QRELS, ["RR@10"]
    )
    assert found.means["file"] == found.means["memory"] == {"RR@10": 0.75}
    assert found.means["seeds"] == {"RR@10": 0.375}
