"""Distillation: learn the scores of a teacher, by margins or by the whole distribution."""

from typing import Annotated

from torch import Tensor

from losses.candidate_lists import CandidateLists, row_lists
from losses.formula import Formula
from losses.loss import Needs
from losses.parameters import Parameter


def margin_mse(
    lists: CandidateLists,
    temperature: Annotated[
        float, Parameter("the model's, multiplied back: raw margins are compared", "(0, inf)")
    ] = 1.0,
) -> Tensor:
    r"""Squared difference between the margins of student and teacher, the mean over the negatives.

    .. math:: L = \frac{1}{N} \sum_{i \ne y} \big( (s_y - s_i) - (t_y - t_i) \big)^2, \quad s = T z

    Both margins are on the scale of the teacher's run: the student's scores s are those before the
    temperature, so a cosine model needs a teacher whose scores are cosines too.

    Reference:
        S. Hofstätter et al. Improving Efficient Neural Ranking Models with Cross-Architecture
        Knowledge Distillation. arXiv 2020.
    """
    scores, teacher = (x.masked_fill(~lists.mask, 0.0) for x in (lists.scores, lists.teacher))
    gap = temperature * scores - teacher
    return lists.mean_over_rivals((lists.of_positive(gap)[:, None] - gap).square())


def kl_distillation(
    lists: CandidateLists,
    temperature: Annotated[float, Parameter("softening temperature", "(0, inf)")] = 1.0,
) -> Tensor:
    r"""Divergence of the student's distribution from the teacher's; labels are ignored.

    .. math:: L = T^2 \, \mathrm{KL}(\mathrm{softmax}(t/T) \,\|\, \mathrm{softmax}(z/T))

    Reference:
        G. Hinton, O. Vinyals, J. Dean. Distilling the Knowledge in a Neural Network. arXiv 2015.
    """
    log_p = lists.log_softmax(lists.batch.scores / temperature)
    log_t = lists.log_softmax(lists.batch.known_teacher() / temperature)
    return temperature**2 * (log_t.exp() * (log_t - log_p)).sum(-1)


MarginMSE = Formula(margin_mse, asks=lambda _: Needs(teacher=True))
KLDistillation = Formula(kl_distillation, lists=row_lists, asks=lambda _: Needs(teacher=True))
