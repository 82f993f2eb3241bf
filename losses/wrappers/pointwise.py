"""The pointwise view: each document by itself, as "not relevant" (0) or "relevant" (s)."""

import torch
from torch import Tensor

from errors import InputError
from losses.candidates import PAIR, Candidates, Positives
from losses.loss import Decisions, Loss, LossOutput


def pointwise_view(batch: Candidates) -> Candidates:
    """Turn each slot of the batch into a list of two, [B C, 2].

    Column 0 is "not relevant" with score 0, column 1 "relevant" with the candidate's score s, so
    that p_1 = sigmoid(s). The positive is the column that the label names. The softmax does not
    change when both scores are shifted, so every list loss has its binary form. Slots outside the
    mask become lists outside the mask.

    Args:
        batch: the scored candidates, [B, C].

    Returns:
        The pairs, row after row of the batch; each of the two columns keeps a pair id of its own.
    """
    relevant, mask = (batch.targets > 0).flatten(), batch.mask.flatten()

    def pair(values: Tensor) -> Tensor:
        return torch.stack([torch.zeros_like(values), values], dim=-1).flatten(0, 1)

    ids = batch.pair_ids
    if ids is not None:
        both = torch.stack([2 * ids, 2 * ids + 1], dim=-1)
        ids = both.masked_fill(ids[..., None] < 0, -1).flatten(0, 1)
    return batch._replace(
        scores=pair(batch.scores),
        targets=torch.stack([~relevant, relevant], dim=-1).to(batch.targets.dtype),
        mask=mask[:, None].expand(-1, 2),
        positives=Positives(None, relevant.long()),
        pair_ids=ids,
        teacher=None if batch.teacher is None else pair(batch.teacher),
        pointwise=True,
    )


class Pointwise(Loss):
    """A list loss applied to the pointwise view and averaged over the documents of each query.

    Documents without a positive label are supervision here too: they are negatives.

    Args:
        loss: the loss of the two-candidate lists.

    Raises:
        InputError: the loss compares queries.
    """

    min_candidates = 1

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        if loss.needs.in_batch:
            raise InputError(
                f"{loss.name} compares the queries of a document; in the pointwise view there are "
                "none to compare."
            )
        self.loss = loss

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query, and the decisions averaged over its documents."""
        output: LossOutput = self.loss(pointwise_view(batch))
        counted = output.counted.view_as(batch.mask).any(-1)
        values = torch.where(counted, _average(output.values, batch.mask), 0.0)
        return LossOutput(values, counted, _of_queries(output.decisions, batch))

    def check_list(self, candidates: int) -> None:
        """Check the loss against lists of two; see `Loss.check_list`."""
        super().check_list(candidates)
        self.loss.check_list(PAIR)


def _average(values: Tensor, among: Tensor) -> Tensor:
    """Return the average of the slots' values [B C] over marked slots [B, C], NaN without any."""
    values = values.view_as(among).masked_fill(~among, 0.0)
    return values.sum(-1) / among.sum(-1)


def _of_queries(decisions: Decisions | None, batch: Candidates) -> Decisions | None:
    """Return the slots' decisions, averaged over each query's documents; vacuous also by label."""
    if decisions is None:
        return None
    each = Decisions(*(_average(x, batch.mask) for x in decisions if x is not None))
    positive = batch.targets > 0
    return each._replace(
        vacuous_positives=_average(decisions.vacuous, batch.mask & positive),
        vacuous_negatives=_average(decisions.vacuous, batch.mask & ~positive),
    )
