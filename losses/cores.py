"""Confidence-regularised cross-entropy with a sieve (CORES2); on dense retrieval lists the same expression is CCR."""

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def cores(
    scores: Tensor, targets: Tensor, mask: Tensor, *, beta: float = 2.0, sieve: bool = False
) -> Tensor:
    r"""Cross-entropy less its mean over all possible labels, which rewards confident predictions.

    .. math:: L = -\log p_y + \beta \, \frac{1}{n} \sum_i \log p_i

    Unbounded below for every beta above 0: scores must be bounded, as a cosine over a temperature
    is.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        beta: Weight of the regulariser, at least 0.
        sieve: Leave out lists whose positive is less likely than the geometric mean of the
            candidates.

    Returns:
        Loss of each query, [B].

    Reference:
        H. Cheng et al. Learning with Instance-Dependent Label Noise: A Sample Sieve Approach. ICLR
        2021.
    """
    lists = positive_lists(scores, targets, mask)
    log_p, mean = lists.log_likelihood, lists.mean_log_p
    loss = beta * mean - log_p
    return lists.average(torch.where(log_p >= mean, loss, 0.0) if sieve else loss)


class Cores(Loss):
    """CORES2; see `cores`. The published epochs are kept as shares of the training.

    Args:
        beta: Weight of the regulariser at the end, at least 0; at most 0.5 in the pointwise view.
        start: Share of the training after which the weight leaves 0, in [0, 1].
        full: Share after which it is `beta`, in [start, 1].
        sieve_from: Share after which the sieve works, in [0, 1]; None never sieves.
    """

    def __init__(
        self,
        beta: float = 2.0,
        start: float = 0.1,
        full: float = 0.4,
        sieve_from: float | None = 0.3,
    ) -> None:
        super().__init__()
        self.beta = check_number("beta", beta, at_least=0)
        self.start = check_number("start", start, at_least=0, at_most=1)
        self.full = check_number("full", full, at_least=self.start, at_most=1)
        self.sieve_from = (
            None
            if sieve_from is None
            else check_number("sieve_from", sieve_from, at_least=0, at_most=1)
        )

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        sieve = self.sieve_from is not None and self.progress >= self.sieve_from
        return cores(batch.scores, batch.targets, batch.mask, beta=self._weight(), sieve=sieve)

    def _weight(self) -> float:
        if self.progress >= self.full:
            return self.beta
        if self.progress <= self.start:
            return 0.0
        return self.beta * (self.progress - self.start) / (self.full - self.start)
