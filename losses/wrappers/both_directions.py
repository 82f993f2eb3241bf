"""Both directions of a batch: each query finds its document, and each document its query."""

import torch

from errors import InputError
from losses.candidates import Candidates, Positives
from losses.loss import Loss, LossOutput, Needs


class BothDirections(Loss):
    r"""Half the loss of a query over its documents, half that of its documents over the queries.

    .. math:: L = \frac{1}{2} L(z_{q \cdot}) + \frac{1}{2 |\mathrm{pos}|} \sum_{d \in \mathrm{pos}}
        L(z_{\cdot d})

    The list of a document holds the queries that have it as a candidate, those that it is labelled
    for as positives. Decisions are reported of the first half.

    Args:
        loss: the loss of both; it keeps no state per pair, since a pair would be seen in two lists.

    Raises:
        InputError: the loss keeps state per pair.

    Reference:
        A. Radford et al. Learning Transferable Visual Models From Natural Language Supervision.
        ICML 2021.
    """

    asks = Needs(in_batch=True)

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        if loss.needs.pair_ids:
            raise InputError(
                f"loss.loss: {loss.name} keeps state per pair, and losses.BothDirections shows it "
                "each pair twice."
            )
        self.loss = loss
        self.min_candidates = loss.min_candidates

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query, and what the loss decided about its documents."""
        queries, documents = self.loss(batch), self.loss(_transposed(batch))
        positive = (batch.mask & (batch.targets > 0)).to(batch.scores.dtype)
        share = positive / positive.sum(-1, keepdim=True).clamp(min=1)
        counted = queries.counted | (positive @ documents.counted.to(share.dtype) > 0)
        return LossOutput(
            (queries.values + share @ documents.values) / 2, counted, queries.decisions
        )

    def check_list(self, candidates: int) -> None:
        """Check the loss against the lists of the queries; see `Loss.check_list`."""
        super().check_list(candidates)
        self.loss.check_list(candidates)


def _transposed(batch: Candidates) -> Candidates:
    """Return the same candidates with the documents as rows and the queries as columns."""
    row, column = batch.known_positives()
    if row is None:
        row = torch.arange(len(column), device=column.device)
    return batch._replace(
        scores=batch.scores.T,
        targets=batch.targets.T,
        mask=batch.mask.T,
        positives=Positives(column, row),
        teacher=None if batch.teacher is None else batch.teacher.T,
        pair_ids=None,
    )
