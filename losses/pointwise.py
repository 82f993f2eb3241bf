"""The pointwise view: every document judged by itself, as the two candidates "not relevant" (score 0) and "relevant" (its score)."""

import torch
from torch import Tensor

from errors import InputError
from losses.base import Candidates, Decisions, Loss


def pointwise_view(batch: Candidates) -> Candidates:
    """Turn each candidate into a list of two, [N, 2] for the N candidates of the batch.

    Column 0 is "not relevant" with score 0, column 1 "relevant" with the candidate's score s, so
    that p_1 = sigmoid(s). The positive is the column that the label names. The softmax does not
    change when both scores are shifted, so every list loss has its binary form.

    Args:
        batch: The scored candidates, [B, C].

    Returns:
        The pairs, row after row of the batch; each of the two columns keeps a pair id of its own.
    """
    relevant = batch.targets[batch.mask] > 0

    def pair(values: Tensor) -> Tensor:
        return torch.stack([torch.zeros_like(values[batch.mask]), values[batch.mask]], dim=-1)

    ids = None if batch.pair_ids is None else batch.pair_ids[batch.mask]
    return Candidates(
        scores=pair(batch.scores),
        targets=torch.stack([~relevant, relevant], dim=-1).to(batch.targets.dtype),
        mask=torch.ones(len(relevant), 2, dtype=torch.bool, device=relevant.device),
        pair_ids=None
        if ids is None
        else torch.stack([2 * ids, 2 * ids + 1], dim=-1).where(ids[:, None] >= 0, -1),
        teacher=None if batch.teacher is None else pair(batch.teacher),
    )


class Pointwise(Loss):
    """A list loss applied to the pointwise view and averaged over the documents of each query.

    Documents without a positive label are supervision here too: they are negatives.

    Args:
        loss: The loss of the two-candidate lists.

    Raises:
        InputError: The loss compares queries.
    """

    needs_positive = False
    min_candidates = 1

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        if loss.needs_in_batch:
            raise InputError(
                f"{type(loss).__name__} compares the queries of a document; in the pointwise view "
                "there are none to compare."
            )
        self.loss = loss
        self.mean_over_active = loss.mean_over_active
        self.needs_pair_ids = loss.needs_pair_ids
        self.needs_teacher = loss.needs_teacher
        self.teacher_decay = loss.teacher_decay

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        self.loss.progress = self.progress
        return _average(self.loss.rows(pointwise_view(batch)), batch.mask)

    def judge(self, batch: Candidates) -> tuple[Tensor, Decisions | None]:
        """One value per query, [B], and what the loss decided about each document, averaged over the documents of a query."""
        self.loss.progress = self.progress
        rows, decisions = self.loss.judge(pointwise_view(batch))
        return _average(rows, batch.mask), _of_queries(decisions, batch)

    def decide(self, batch: Candidates) -> Decisions | None:
        """What the loss decides about each document, averaged over the documents of a query."""
        self.loss.progress = self.progress
        return _of_queries(self.loss.decide(pointwise_view(batch)), batch)

    def check_list(self, candidates: int) -> None:
        """Check the loss against lists of two; see `Loss.check_list`."""
        super().check_list(candidates)
        self.loss.check_list(2)


def _average(values: Tensor, mask: Tensor) -> Tensor:
    """Average of the documents' values [N] over each row of the mask, 0 for an empty row, [B]."""
    row = mask.nonzero(as_tuple=True)[0]
    total = values.new_zeros(len(mask)).index_add(0, row, values)
    return total / mask.sum(-1).clamp(min=1)


@torch.no_grad()
def _of_queries(decisions: Decisions | None, batch: Candidates) -> Decisions | None:
    """Decisions about the documents [N], averaged over those of each query; the vacuous ones also by label."""
    if decisions is None:
        return None
    vacuous = torch.zeros_like(batch.scores).masked_scatter(batch.mask, decisions.vacuous)

    def among(documents: Tensor) -> Tensor:
        return (vacuous * documents).sum(-1) / documents.sum(-1)

    each = Decisions(*(_average(value, batch.mask) for value in decisions if value is not None))
    positive, negative = batch.mask & (batch.targets > 0), batch.mask & (batch.targets <= 0)
    return each._replace(vacuous_positives=among(positive), vacuous_negatives=among(negative))
