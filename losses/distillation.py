"""Distillation: learn the scores of a teacher, by margins or by the whole distribution."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_number
from losses.lists import positive_lists


def margin_mse(
    scores: Tensor, targets: Tensor, mask: Tensor, *, teacher: Tensor, temperature: float = 1.0
) -> Tensor:
    r"""Squared difference between the margins of student and teacher, the mean over the negatives.

    .. math:: L = \frac{1}{N} \sum_{i \ne y} \big( (z_y - z_i) - (t_y - t_i) \big)^2

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        teacher: Teacher's scores, [B, C].
        temperature: The model's temperature, which is multiplied back so that raw scores are
            compared.

    Returns:
        Loss of each query, [B].

    Reference:
        S. Hofstätter et al. Improving Efficient Neural Ranking Models with Cross-Architecture
        Knowledge Distillation. arXiv 2020.
    """
    lists = positive_lists(scores, targets, mask)
    gap = temperature * lists.scores.masked_fill(~lists.mask, 0.0) - lists.arrange(
        teacher
    ).masked_fill(~lists.mask, 0.0)
    error = (lists.positive(gap)[:, None] - gap).square()
    return lists.average(error.masked_fill(~lists.negatives, 0.0).sum(-1) / (lists.sizes - 1))


def kl_distillation(
    scores: Tensor,
    targets: Tensor,  # noqa: ARG001 - every loss is called alike
    mask: Tensor,
    *,
    teacher: Tensor,
    temperature: float = 1.0,
) -> Tensor:
    r"""Divergence of the student's distribution from the teacher's; the labels are not looked at.

    .. math:: L = T^2 \, \mathrm{KL}(\mathrm{softmax}(t/T) \,\|\, \mathrm{softmax}(z/T))

    Args:
        scores: Scores, [B, C].
        targets: Not looked at, [B, C].
        mask: Candidates of each row, [B, C].
        teacher: Teacher's scores, [B, C].
        temperature: Softening temperature T, above 0.

    Returns:
        Loss of each query, [B].

    Reference:
        G. Hinton, O. Vinyals, J. Dean. Distilling the Knowledge in a Neural Network. arXiv 2015.
    """
    log_p, log_t = (_log_softmax(values / temperature, mask) for values in (scores, teacher))
    return temperature**2 * (log_t.exp() * (log_t - log_p)).masked_fill(~mask, 0.0).sum(-1)


def _log_softmax(values: Tensor, mask: Tensor) -> Tensor:
    """Log-softmax over the mask, [B, C]; finite in empty rows and outside the mask, where it means nothing."""
    smallest = -1e30  # e^smallest is 0, and unlike -inf it may be subtracted from itself
    return values.masked_fill(~mask, smallest).log_softmax(-1).masked_fill(~mask, 0.0)


class MarginMSE(Loss):
    """Margin distillation; see `margin_mse`.

    Args:
        temperature: The model's temperature, above 0, so that raw scores are compared with the
            teacher's.
    """

    needs_teacher = True

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = check_number("temperature", temperature, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        assert batch.teacher is not None  # checked by per_row
        return margin_mse(
            batch.scores,
            batch.targets,
            batch.mask,
            teacher=batch.teacher,
            temperature=self.temperature,
        )


class KLDistillation(Loss):
    """Distillation of the whole distribution; see `kl_distillation`.

    Args:
        temperature: Softening temperature, above 0.
    """

    needs_teacher = True
    needs_positive = False

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = check_number("temperature", temperature, above=0)

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        assert batch.teacher is not None  # checked by per_row
        return kl_distillation(
            batch.scores,
            batch.targets,
            batch.mask,
            teacher=batch.teacher,
            temperature=self.temperature,
        )
