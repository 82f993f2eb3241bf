"""A way out for lists without the true document: a virtual candidate that means "none of these"."""

from typing import Annotated

import torch
from torch import nn
from torch.nn.functional import pad

from losses.candidates import Candidates
from losses.loss import Part
from losses.parameters import Parameter, validated


class NullCandidate(Part):
    """A virtual candidate "none of these", whose score is learnt with the model."""

    @validated("loss.null_candidate")
    def __init__(
        self, score: Annotated[float, Parameter("its score at the start, learnt")] = 0.0
    ) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.tensor(score))

    def extend(self, batch: Candidates) -> Candidates:
        """Append the candidate to every row that has two others; it has no label and no pair id."""
        column = self.score.to(batch.scores.dtype).expand(len(batch.scores), 1)
        return batch._replace(
            scores=torch.cat([batch.scores, column], dim=-1),
            targets=pad(batch.targets, (0, 1)),
            mask=torch.cat([batch.mask, batch.mask.sum(-1, keepdim=True) > 1], dim=-1),
            pair_ids=None if batch.pair_ids is None else pad(batch.pair_ids, (0, 1), value=-1),
            teacher=None
            if batch.teacher is None
            else torch.cat([batch.teacher, column.detach()], dim=-1),
        )
