"""BiXSE: binary cross-entropy with graded targets over all pairs of a batch."""

import torch
from torch import Tensor, nn

from losses.base import Candidates, Loss
from losses.checks import check_number


def bixse(
    scores: Tensor,
    targets: Tensor,
    mask: Tensor,
    *,
    bias: Tensor | float = 0.0,
    max_grade: float = 1.0,
) -> Tensor:
    r"""Binary cross-entropy between sigmoid(z + b) and the grade as a probability, the mean over the candidates.

    .. math:: L = \frac{1}{n} \sum_i \log(1 + e^{z_i + b}) - \min(g_i / g_{\max}, 1) (z_i + b)

    Args:
        scores: Scores, [B, C].
        targets: Grades; 0 and below mean probability 0, [B, C].
        mask: Candidates of each row, [B, C].
        bias: Offset b of the scores, which meets the few positives among many pairs.
        max_grade: Grade that means certainly relevant, above 0.

    Returns:
        Loss of each query, [B].

    Reference:
        C. Tsirigotis et al. BiXSE: Improving Dense Retrieval via Probabilistic Graded Relevance
        Distillation. COLM 2025.
    """
    logits = scores.masked_fill(~mask, 0.0) + bias
    probability = (targets.to(scores.dtype) / max_grade).clamp(0, 1)
    loss = torch.nn.functional.softplus(logits) - probability * logits
    return loss.masked_fill(~mask, 0.0).sum(-1) / mask.sum(-1).clamp(min=1)


class Bixse(Loss):
    """BiXSE; see `bixse`. The bias is learnt with the model.

    Args:
        bias: Offset of the scores at the start.
        max_grade: Grade that means certainly relevant, above 0.
    """

    needs_positive = False
    min_candidates = 1

    def __init__(self, bias: float = 0.0, max_grade: float = 1.0) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(check_number("bias", bias)))
        self.max_grade = check_number("max_grade", max_grade, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        return bixse(
            batch.scores,
            batch.targets,
            batch.mask,
            bias=self.bias.to(batch.scores.dtype),
            max_grade=self.max_grade,
        )
