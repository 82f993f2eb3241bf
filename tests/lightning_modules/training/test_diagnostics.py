import pytest
import torch

from data import Batch, Tokens
from lightning_modules.training.diagnostics import Diagnostics
from losses import Candidates, Decisions, LossOutput

NO_TOKENS = Tokens(torch.zeros(0, dtype=torch.long), torch.zeros(1, dtype=torch.long))


def batch(corrupted, true_columns, documents=3):
    rows = len(corrupted)
    targets = torch.zeros(rows, documents)
    targets[:, 0] = 1
    mask = torch.ones(rows, documents, dtype=torch.bool)
    identity = torch.arange(rows)
    return Batch(
        NO_TOKENS,
        NO_TOKENS,
        identity,
        torch.arange(documents),
        targets,
        mask,
        mask,
        torch.tensor(corrupted),
        torch.tensor(true_columns),
        identity,
        torch.zeros_like(identity),
    )


def add(diagnostics, batch, scores, losses, decisions=None, *, mask=None, counted=None):
    judged = Candidates(scores, batch.targets, batch.mask if mask is None else mask)
    everyone = torch.ones(len(losses), dtype=torch.bool)
    output = LossOutput(losses, everyone if counted is None else counted, decisions)
    diagnostics.add(batch, judged, output)


def test_clean_and_corrupted_examples_are_averaged_apart():
    diagnostics = Diagnostics()
    scores = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 1.0], [5.0, 1.0, 0.0]])
    add(diagnostics, batch([False, True, True], [-1, 1, 2]), scores, torch.tensor([1.0, 2.0, 4.0]))
    summary = diagnostics.summary()
    assert summary["loss"] == pytest.approx(7 / 3)
    assert summary["loss_clean"] == 1.0
    assert summary["loss_corrupted"] == 3.0
    assert summary["margin_clean"] == 2.0
    assert summary["margin_corrupted"] == pytest.approx((-3 + 4) / 2)
    assert summary["confidence_clean"] == pytest.approx(float(scores[0].softmax(0)[0]))
    assert summary["memorisation"] == 0.5
    assert summary["recovery"] == 0.5
    assert "ambiguous" not in summary


def test_the_detector_is_perfect_when_only_corrupted_labels_are_doubted():
    diagnostics = Diagnostics()
    scores = torch.tensor([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    flags = torch.tensor([0.0, 1.0])
    decisions = Decisions(flags, flags, flags * 0, flags * 0, flags + 1, torch.tensor([0.9, 0.8]))
    add(diagnostics, batch([False, True], [-1, 1]), scores, torch.zeros(2), decisions)
    summary = diagnostics.summary()
    assert (
        summary["detector_auroc"]
        == summary["detector_precision"]
        == summary["detector_recall"]
        == 1.0
    )
    assert summary["ambiguous"] == 0.5
    assert summary["plausible"] == 1.5
    assert summary["largest_confidence"] == pytest.approx(0.85)


def test_what_cannot_be_averaged_is_left_out():
    diagnostics = Diagnostics()
    add(diagnostics, batch([False], [-1]), torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([0.5]))
    assert not {"loss_corrupted", "memorisation", "recovery", "detector_auroc"} & set(
        diagnostics.summary()
    )


def test_masked_documents_count_for_nothing():
    diagnostics = Diagnostics()
    masked = batch([True], [1])
    masked.mask[0, 2] = False
    add(diagnostics, masked, torch.tensor([[1.0, 2.0, 99.0]]), torch.tensor([0.5]))
    summary = diagnostics.summary()
    assert summary["recovery"] == 1.0
    assert summary["margin_corrupted"] == -1.0


def test_examples_without_a_positive_or_without_competition_are_counted():
    diagnostics, ordinary = Diagnostics(), batch([False, False, False, False], [-1] * 4)
    ordinary.mask[0, 1:] = False  # the positive alone
    ordinary.targets[1] = 0
    add(diagnostics, ordinary, torch.zeros(4, 3), torch.zeros(4))
    assert diagnostics.summary()["skipped"] == 0.5
    add(diagnostics, batch([False], [-1]), torch.zeros(1, 3), torch.zeros(1))
    assert "skipped" not in diagnostics.summary()


def test_an_epoch_is_forgotten_after_its_summary():
    diagnostics = Diagnostics()
    add(diagnostics, batch([False], [-1]), torch.zeros(1, 3), torch.tensor([0.5]))
    diagnostics.summary()
    assert diagnostics.summary() == {}


def test_candidates_that_the_loss_did_not_see_count_for_nothing():
    """Such as those that a teacher run lacks: an example without others taught nothing."""
    diagnostics, seen = Diagnostics(), torch.ones(2, 3, dtype=torch.bool)
    seen[1, 1:] = False
    scores = torch.tensor([[1.0, 2.0, 0.0], [1.0, 9.0, 0.0]])
    counted = torch.tensor([True, False])
    losses = torch.tensor([3.0, 0.0])
    add(diagnostics, batch([True, True], [1, 1]), scores, losses, mask=seen, counted=counted)
    summary = diagnostics.summary()
    assert summary["loss"] == summary["loss_corrupted"] == 3.0
    assert summary["skipped"] == 0.5
    assert summary["recovery"] == 1.0  # of the first: the second does not have it


def test_a_true_document_among_anothers_candidates_is_none_of_ones_own():
    diagnostics, only = Diagnostics(), batch([True], [2])
    only.mask[0, 2] = False
    add(diagnostics, only, torch.tensor([[1.0, 0.0, 9.0]]), torch.zeros(1))
    assert "recovery" not in diagnostics.summary()
