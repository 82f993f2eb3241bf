"""Guided contrast (GIST): leave out negatives that a guide scores above the positive."""

from typing import Annotated, Literal

from torch import Tensor

from losses.candidate_lists import CandidateLists, outside, positive_lists
from losses.candidates import Candidates
from losses.loss import Loss, LossOutput, Needs
from losses.parameters import Parameter, validated


def guided_contrastive(
    lists: CandidateLists, guide: Tensor, margin: float = 0.0, *, relative: bool = False
) -> Tensor:
    r"""Cross-entropy without suspected false negatives; `guide` holds the scores g, [L, C].

    .. math:: L = -\log \frac{e^{z_y}}{\sum_{i = y \text{ or } g_i \le g_y - \delta} e^{z_i}}

    A relative margin is delta |g_y|, so that it is on the same side of negative scores. With a
    wrong positive, whose guide score is low, most negatives go: the opposite failure to label
    weakening. A negative margin lets those stay that are not far above the positive:
    Qwen3-Embedding has .1 in cosine, which is delta = -2 at temperature .05.

    Reference:
        A. V. Solatorio. GISTEmbed: Guided In-sample Selection of Training Negatives for Text
        Embedding Fine-tuning. arXiv 2024.
    """
    own = lists.of_positive(guide)[:, None]
    limit = own - margin * own.abs() if relative else own - margin
    kept = lists.positive | (guide <= limit)
    return -lists.of_positive(outside(lists.scores, kept).log_softmax(-1))


class GuidedContrastive(Loss):
    """Guided contrast; see `guided_contrastive`."""

    @validated()
    def __init__(
        self,
        guide: Annotated[
            Literal["student", "teacher"], Parameter("whose scores find false negatives")
        ] = "student",
        margin: Annotated[
            float,
            Parameter("in units of the guide's scores, or a share if relative; below 0: lenient"),
        ] = 0.0,
        *,
        relative: Annotated[
            bool, Parameter("the margin is a share of the positive's score")
        ] = False,
    ) -> None:
        super().__init__()
        self.margin, self.relative = margin, relative
        self.asks = Needs(teacher=guide == "teacher")

    def judge(self, batch: Candidates) -> LossOutput:
        """Return one value per query."""
        lists = positive_lists(batch)
        guide = lists.teacher if self.asks.teacher else lists.scores.detach()
        values = guided_contrastive(lists, guide, self.margin, relative=self.relative)
        return lists.output(values)
