"""Both directions of a batch: each query finds its document among the batch's, and each document its query."""

import torch
from torch import Tensor

from errors import InputError
from losses.base import Candidates, Decisions, Loss


class BothDirections(Loss):
    r"""Half the loss of the query over its documents, and half the loss of its documents over the queries of the batch.

    .. math:: L = \frac{1}{2} L(z_{q \cdot}) + \frac{1}{2 |\mathrm{pos}|} \sum_{d \in \mathrm{pos}}
    L(z_{\cdot d})

    The list of a document holds the queries that have it as a candidate, those that it is labelled
    for as positives. Decisions are reported of the first half.

    Args:
        loss: The loss of both; it keeps no state per pair, since a pair would be seen in two lists.

    Raises:
        InputError: The loss keeps state per pair.

    Reference:
        A. Radford et al. Learning Transferable Visual Models From Natural Language Supervision.
        ICML 2021.
    """

    needs_in_batch = True

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        if loss.needs_pair_ids:
            raise InputError(
                f"loss.loss: {type(loss).__name__} keeps state per pair, and losses.BothDirections "
                "shows it each pair twice."
            )
        self.loss = loss
        self.needs_teacher = loss.needs_teacher
        self.teacher_decay = loss.teacher_decay
        self.needs_positive = loss.needs_positive
        self.min_candidates = loss.min_candidates
        self.mean_over_active = loss.mean_over_active

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        self.loss.progress = self.progress
        return (self.loss.rows(batch) + self._of_documents(batch)) / 2

    def judge(self, batch: Candidates) -> tuple[Tensor, Decisions | None]:
        """One value per query, [B], and what the loss decided about its documents."""
        self.loss.progress = self.progress
        rows, decisions = self.loss.judge(batch)
        return (rows + self._of_documents(batch)) / 2, decisions

    def decide(self, batch: Candidates) -> Decisions | None:
        """What the loss decides about the documents of each query."""
        self.loss.progress = self.progress
        return self.loss.decide(batch)

    def check_list(self, candidates: int) -> None:
        """Check the loss against the lists of the queries; see `Loss.check_list`."""
        super().check_list(candidates)
        self.loss.check_list(candidates)

    def _of_documents(self, batch: Candidates) -> Tensor:
        """Mean loss of each query's positive documents over the queries, 0 for a query without any, [B]."""
        scores, targets, mask = (
            value.T.contiguous() for value in (batch.scores, batch.targets, batch.mask)
        )
        teacher = None if batch.teacher is None else batch.teacher.T.contiguous()
        documents = self.loss.rows(Candidates(scores, targets, mask, teacher=teacher))
        positive = torch.where(batch.mask & (batch.targets > 0), 1.0, 0.0).to(documents.dtype)
        return positive @ documents / positive.sum(-1).clamp(min=1)
