"""Guided contrast (GIST): leave out negatives that a guide scores above the positive."""

from typing import Annotated, Literal

from torch import Tensor

from losses.candidate_lists import CandidateLists, outside
from losses.formula import Formula
from losses.loss import Needs
from losses.parameters import Parameter

Guide = Literal["student", "teacher"]


def guided_contrastive(
    lists: CandidateLists,
    guide: Annotated[Guide, Parameter("whose scores find false negatives")] = "student",
    margin: Annotated[
        float, Parameter("in units of the guide's scores, or a share if relative; below 0: lenient")
    ] = 0.0,
    *,
    relative: Annotated[bool, Parameter("the margin is a share of the positive's score")] = False,
) -> Tensor:
    r"""Cross-entropy without suspected false negatives, by the scores g of a guide.

    .. math:: L = -\log \frac{e^{z_y}}{\sum_{i = y \text{ or } g_i \le g_y - \delta} e^{z_i}}

    A relative margin is delta |g_y|, so that it is on the same side of negative scores. With a
    wrong positive, whose guide score is low, most negatives go: the opposite failure to label
    weakening. A negative margin lets those stay that are not far above the positive:
    Qwen3-Embedding has .1 in cosine, which is delta = -2 at temperature .05.

    Reference:
        A. V. Solatorio. GISTEmbed: Guided In-sample Selection of Training Negatives for Text
        Embedding Fine-tuning. arXiv 2024.
    """
    scores = lists.teacher if guide == "teacher" else lists.scores.detach()
    own = lists.of_positive(scores)[:, None]
    limit = own - margin * own.abs() if relative else own - margin
    kept = lists.positive | (scores <= limit)
    return -lists.of_positive(outside(lists.scores, kept).log_softmax(-1))


GuidedContrastive = Formula(
    guided_contrastive, asks=lambda given: Needs(teacher=given["guide"] == "teacher")
)
