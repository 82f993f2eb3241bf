"""Early-learning regularisation (ELR): stay close to predictions before memorisation."""

from typing import Annotated

from torch import Tensor

from losses.candidate_lists import outside, positive_lists
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput, Needs
from losses.parameters import Parameter, validated
from losses.ranking.cross_entropy import cross_entropy
from losses.stateful.pair_state import PairState


def elr_regularizer(scores: Tensor, average: Tensor, mask: Tensor) -> Tensor:
    r"""Logarithm of the disagreement with the averaged past predictions t, at most 0.

    .. math:: R = \log(1 - \langle t, p \rangle)

    Args:
        scores: scores, [B, C].
        average: moving average t of past predictions over the same candidates, without gradient,
            [B, C].
        mask: candidates with a past, over which p is normalised, [B, C].

    Returns:
        One value per query, [B]; 0 with fewer than two candidates. The disagreement is clamped at
        1e-4.
    """
    held = mask & (mask.sum(-1, keepdim=True) > 1)
    p = outside(scores, held).softmax(-1)
    agreement = (p * average).masked_fill(~held, 0.0).sum(-1)
    return (1 - agreement).clamp(min=1e-4).log()


class EarlyLearningRegularization(Loss):
    r"""Cross-entropy plus the early-learning regulariser.

    .. math:: L = -\log p_y + \lambda \log(1 - \langle t, p \rangle)

    t is a moving average of the predictions over the candidates that have a pair id: the mined list
    of a query. Documents borrowed from the batch have no past and stay out of the product. The
    first prediction starts the average.

    Reference:
        S. Liu et al. Early-Learning Regularization Prevents Memorization of Noisy Labels. NeurIPS
        2020.
    """

    asks = Needs(pair_ids=True)

    @validated()
    def __init__(
        self,
        weight: Annotated[
            float, Parameter("weight of the regulariser; published: 3, 1, 7", "[0, inf)")
        ] = 3.0,
        decay: Annotated[
            float,
            Parameter("weight of the past in the average; published: 0.7, 0.9", "[0, 1)"),
        ] = 0.7,
    ) -> None:
        super().__init__()
        self.weight, self.decay = weight, decay
        self.state = PairState()

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query; in training the averages take in the predictions."""
        ids, lists = batch.known_pair_ids(), positive_lists(batch)
        output = lists.output(cross_entropy(lists))
        named = batch.mask & (ids >= 0) & output.counted[:, None]
        today = outside(batch.scores.detach(), named).softmax(-1)
        average = self.state.average(
            ids.masked_fill(~named, -1), today, self.decay, learn=self.training
        )
        regularizer = elr_regularizer(batch.scores, average, named)
        return output._replace(values=output.values + self.weight * regularizer)
