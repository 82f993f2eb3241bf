"""BiXSE: binary cross-entropy with graded targets over all pairs of a batch."""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from losses.candidates import Candidates
from losses.loss import Loss, LossOutput
from losses.parameters import Parameter, validated


def bixse(batch: Candidates, bias: Tensor | float = 0.0, max_grade: float = 1.0) -> Tensor:
    r"""Mean binary cross-entropy of sigmoid(z + b) and the grade as a probability.

    .. math:: L = \frac{1}{n} \sum_i \log(1 + e^{z_i + b}) - \min(g_i / g_{\max}, 1) (z_i + b)

    The bias b meets the few positives among many pairs.

    Reference:
        C. Tsirigotis et al. BiXSE: Improving Dense Retrieval via Probabilistic Graded Relevance
        Distillation. COLM 2025.
    """
    logits = batch.scores.masked_fill(~batch.mask, 0.0) + bias
    probability = (batch.targets / max_grade).clamp(0, 1)
    loss = (softplus(logits) - probability * logits).masked_fill(~batch.mask, 0.0)
    return loss.sum(-1) / batch.mask.sum(-1).clamp(min=1)


class Bixse(Loss):
    """BiXSE; see `bixse`. The bias is learnt with the model."""

    min_candidates = 1

    @validated()
    def __init__(
        self,
        bias: Annotated[float, Parameter("offset of the scores at the start, learnt")] = 0.0,
        max_grade: Annotated[float, Parameter("grade of certain relevance", "(0, inf)")] = 1.0,
    ) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(bias))
        self.max_grade = max_grade

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query."""
        values = bixse(batch, self.bias.to(batch.scores.dtype), self.max_grade)
        return LossOutput(values, batch.mask.any(-1))
