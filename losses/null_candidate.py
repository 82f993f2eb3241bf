"""A way out for lists that do not hold the true document: a virtual candidate that stands for "none of these"."""

import torch
from torch import nn

from losses.base import Candidates
from losses.checks import check_number


class NullCandidate(nn.Module):
    """A virtual candidate "none of these" with a score of its own, learnt with the model.

    Args:
        score: Its score at the start.
    """

    def __init__(self, score: float = 0.0) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.tensor(check_number("null_candidate.score", score)))

    def extend(self, batch: Candidates) -> Candidates:
        """Append the candidate to every row that has two others; it is never labelled and has no pair id."""
        column = self.score.to(batch.scores.dtype).expand(len(batch.scores), 1)
        return Candidates(
            scores=torch.cat([batch.scores, column], dim=-1),
            targets=torch.cat([batch.targets, torch.zeros_like(batch.targets[:, :1])], dim=-1),
            mask=torch.cat([batch.mask, batch.mask.sum(-1, keepdim=True) > 1], dim=-1),
            pair_ids=None
            if batch.pair_ids is None
            else torch.nn.functional.pad(batch.pair_ids, (0, 1), value=-1),
            teacher=None
            if batch.teacher is None
            else torch.cat([batch.teacher, column.detach()], dim=-1),
        )
