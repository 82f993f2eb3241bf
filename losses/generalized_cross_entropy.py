"""Generalised cross-entropy: a bridge from cross-entropy (q = 0) to the mean absolute error (q = 1)."""

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def generalized_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, q: float = 0.7
) -> Tensor:
    r"""Box-Cox transform of the likelihood; examples that the model contradicts weigh less than in cross-entropy.

    .. math:: L = \frac{1 - p_y^q}{q}

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        q: Robustness, in (0, 1].

    Returns:
        Loss of each query, [B].

    Reference:
        Z. Zhang, M. Sabuncu. Generalized Cross Entropy Loss for Training Deep Neural Networks with
        Noisy Labels. NeurIPS 2018.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(box_cox(lists.log_likelihood, q))


def truncated_generalized_cross_entropy(
    scores: Tensor, targets: Tensor, mask: Tensor, *, q: float = 0.7, k: float = 0.5
) -> Tensor:
    r"""Generalised cross-entropy that is constant, so without gradient, where the model gives the label at most k.

    .. math:: L = \frac{1 - \max(p_y, k)^q}{q}

    Stateless: the prediction of the moment prunes, where the paper keeps weights per example. A
    list whose positives all start below k never trains.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        q: Robustness, in (0, 1].
        k: Likelihood at or below which an example is left out, in (0, 1).

    Returns:
        Loss of each query, [B].

    Reference:
        Z. Zhang, M. Sabuncu. Generalized Cross Entropy Loss for Training Deep Neural Networks with
        Noisy Labels. NeurIPS 2018.
    """
    lists = positive_lists(scores, targets, mask)
    log_p = lists.log_likelihood
    return lists.average(torch.where(log_p.exp() > k, box_cox(log_p, q), (1 - k**q) / q))


def box_cox(log_p: Tensor, q: float) -> Tensor:
    """(1 - p^q) / q from log p, exact also where p is near 1."""
    return -torch.expm1(q * log_p) / q


class GeneralizedCrossEntropy(Loss):
    """Generalised cross-entropy; see `generalized_cross_entropy`.

    Args:
        q: Robustness, in (0, 1].
    """

    def __init__(self, q: float = 0.7) -> None:
        super().__init__()
        self.q = check_number("q", q, above=0, at_most=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return generalized_cross_entropy(batch.scores, batch.targets, batch.mask, q=self.q)


class TruncatedGeneralizedCrossEntropy(Loss):
    """Truncated generalised cross-entropy; see `truncated_generalized_cross_entropy`.

    Args:
        q: Robustness, in (0, 1].
        k: Likelihood at or below which an example is left out, in (0, 1).
    """

    def __init__(self, q: float = 0.7, k: float = 0.5) -> None:
        super().__init__()
        self.q = check_number("q", q, above=0, at_most=1)
        self.k = check_number("k", k, above=0, below=1)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return truncated_generalized_cross_entropy(
            batch.scores, batch.targets, batch.mask, q=self.q, k=self.k
        )
