"""A loss over documents and over queries, and where it makes no sense."""

import pytest
import torch
from cell_runs import run

import losses
from errors import InputError
from losses import BothDirections, CrossEntropy, LabelWeakening


def test_both_directions_of_cross_entropy() -> None:
    scores = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    right = torch.arange(5)
    expected = (
        torch.nn.functional.cross_entropy(scores, right)
        + torch.nn.functional.cross_entropy(scores.T, right)
    ) / 2
    found = BothDirections(CrossEntropy())(scores, torch.eye(5), torch.ones(5, 5, dtype=torch.bool))
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)


def test_documents_choose_among_the_queries_that_have_them() -> None:
    """Query 0 has two positives, document 3 is nobody's, and query 1 is no candidate of document 0."""
    scores = torch.tensor([[1.0, 2.0, 0.0, 3.0], [5.0, 0.5, 1.5, 2.5], [0.2, 0.4, 0.6, 0.8]])
    targets = torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]], dtype=torch.bool)
    documents = [
        torch.logsumexp(scores[mask[:, d], d], 0) - scores[q, d]
        for d, q in ((0, 0), (1, 0), (2, 1))
    ]
    queries = losses.cross_entropy(scores, targets, mask)
    expected = [
        (queries[0] + (documents[0] + documents[1]) / 2) / 2,
        (queries[1] + documents[2]) / 2,
        0.0,
    ]
    assert BothDirections(CrossEntropy()).per_row(scores, targets, mask).tolist() == pytest.approx(
        [float(value) for value in expected]
    )


def test_decisions_are_those_about_documents() -> None:
    scores = torch.tensor([[0.0, 3.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]])
    loss, alone = BothDirections(LabelWeakening(warmup=0)), LabelWeakening(warmup=0)
    everything = torch.ones(3, 3, dtype=torch.bool)
    _, judged = loss.judged(scores, torch.eye(3), everything)
    for decisions in (judged, loss.decisions(scores, torch.eye(3), everything)):
        assert (
            decisions.ambiguous.tolist()
            == alone.decisions(scores, torch.eye(3), everything).ambiguous.tolist()
            == [1, 0, 0]
        )


def test_what_cannot_go_in_both_directions_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="keeps state per pair"):
        BothDirections(losses.EarlyLearningRegularization())
    with pytest.raises(InputError, match="compares the queries of a document"):
        losses.Pointwise(BothDirections(CrossEntropy()))
    refused = run("model=cross_encoder", "loss=label_weakening_both_directions", cwd=tmp_path)
    assert refused.returncode != 0
    assert (
        "loss=label_weakening_both_directions compares the queries of each document"
        in refused.stderr
    )
    assert "batch.in_batch=true" in refused.stderr
    assert "Traceback" not in refused.stderr
