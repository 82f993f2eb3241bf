"""A loss over documents and over queries, and where it makes no sense."""

import pytest
import torch
from cell_runs import run
from loss_batches import diagonal

import losses
from errors import InputError
from losses import BothDirections, Candidates, CrossEntropy, LabelWeakening


def test_both_directions_of_cross_entropy() -> None:
    scores = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    right = torch.arange(5)
    expected = (
        torch.nn.functional.cross_entropy(scores, right)
        + torch.nn.functional.cross_entropy(scores.T, right)
    ) / 2
    found = BothDirections(CrossEntropy())(diagonal(scores)).mean()
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)


def test_documents_choose_among_the_queries_that_have_them() -> None:
    """Query 0 has two positives, document 3 none, and document 0 is no candidate of query 1."""
    scores = torch.tensor([[1.0, 2.0, 0.0, 3.0], [5.0, 0.5, 1.5, 2.5], [0.2, 0.4, 0.6, 0.8]])
    targets = torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]], dtype=torch.bool)
    documents = [
        torch.logsumexp(scores[mask[:, d], d], 0) - scores[q, d]
        for d, q in ((0, 0), (1, 0), (2, 1))
    ]
    batch = Candidates(scores, targets, mask)
    queries = CrossEntropy()(batch).values
    expected = [
        (queries[0] + (documents[0] + documents[1]) / 2) / 2,
        (queries[1] + documents[2]) / 2,
        0.0,
    ]
    assert BothDirections(CrossEntropy())(batch).values.tolist() == pytest.approx(
        [float(value) for value in expected]
    )


def test_decisions_are_those_about_documents() -> None:
    scores = torch.tensor([[0.0, 3.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]])
    alone = LabelWeakening(threshold=losses.ConstantThreshold(0.6), warmup=0.0)
    for loss in (alone, BothDirections(alone)):
        assert loss(diagonal(scores)).decisions.ambiguous.tolist() == [1, 0, 0]


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
