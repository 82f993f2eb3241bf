"""Early-learning regularisation (ELR): stay close to what was believed before the wrong labels were memorised."""

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.cross_entropy import cross_entropy
from losses.pair_state import PairState


def elr_regularizer(scores: Tensor, average: Tensor, mask: Tensor) -> Tensor:
    r"""Logarithm of the disagreement with the averaged past predictions.

    .. math:: R = \log(1 - \langle t, p \rangle)

    Args:
        scores: Scores, [B, C].
        average: Moving average t of past predictions over the same candidates, without gradient,
            [B, C].
        mask: Candidates with a past, over which p is normalised, [B, C].

    Returns:
        Regulariser of each query, at most 0, [B]; 0 with fewer than two candidates. The
        disagreement is clamped at 1e-4.
    """
    held = mask & (mask.sum(-1, keepdim=True) > 1)
    p = scores.masked_fill(~held, torch.finfo(scores.dtype).min).softmax(-1)
    agreement = (p * average).masked_fill(~held, 0.0).sum(-1)
    return (1 - agreement).clamp(min=1e-4).log()


class EarlyLearningRegularization(Loss):
    r"""Cross-entropy plus the early-learning regulariser, :math:`L = -\log p_y + \lambda \log(1 - \langle t, p \rangle)`.

    t is a moving average of the predictions over the candidates that have a pair id: the mined list
    of a query. Documents borrowed from the batch have no past and stay out of the product. The
    first prediction starts the average.

    Args:
        weight: Weight lambda of the regulariser, at least 0.
        decay: Weight of the past in the average, in [0, 1).

    Reference:
        S. Liu et al. Early-Learning Regularization Prevents Memorization of Noisy Labels. NeurIPS
        2020.
    """

    needs_pair_ids = True

    def __init__(self, weight: float = 3.0, decay: float = 0.7) -> None:
        super().__init__()
        self.weight = check_number("weight", weight, at_least=0)
        self.decay = check_number("decay", decay, at_least=0, below=1)
        self.state = PairState()

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        assert batch.pair_ids is not None  # checked by per_row
        supervised = self.supervised(batch.targets, batch.mask)
        named = batch.mask & (batch.pair_ids >= 0) & supervised[:, None]
        with torch.no_grad():
            today = batch.scores.masked_fill(~named, torch.finfo(batch.scores.dtype).min).softmax(
                -1
            )
            average = self.state.average(
                batch.pair_ids.masked_fill(~named, -1), today, self.decay, learn=self.training
            )
        regularizer = elr_regularizer(batch.scores, average, named)
        return cross_entropy(batch.scores, batch.targets, batch.mask) + self.weight * regularizer
