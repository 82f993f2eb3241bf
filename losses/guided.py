"""Guided contrast (GIST): leave out negatives that a guide finds closer to the query than the positive."""

import torch
from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_choice, check_number
from losses.lists import positive_lists


def guided_contrastive(
    scores: Tensor,
    targets: Tensor,
    mask: Tensor,
    *,
    guide: Tensor | None = None,
    margin: float = 0.0,
    relative: bool = False,
) -> Tensor:
    r"""Cross-entropy without suspected false negatives.

    .. math:: L = -\log \frac{e^{z_y}}{\sum_{i = y \text{ or } g_i \le g_y - \delta} e^{z_i}}

    A wrong positive has a low guide score and then most negatives go: the opposite failure to label
    weakening.

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].
        guide: Scores g of the guide, [B, C]; None lets the model guide itself, without gradient.
        margin: Margin delta in units of the guide's scores, or the share of g_y if relative.
        relative: Compare with (1 - delta) g_y instead of g_y - delta.

    Returns:
        Loss of each query, [B].

    Reference:
        A. V. Solatorio. GISTEmbed: Guided In-sample Selection of Training Negatives for Text
        Embedding Fine-tuning. arXiv 2024.
    """
    lists = positive_lists(scores, targets, mask)
    with torch.no_grad():
        judged = lists.within(scores if guide is None else guide)
        positive = lists.positive(judged)[:, None]
        limit = positive * (1 - margin) if relative else positive - margin
        # A penalty that makes e^z exactly 0 for the suspected; unlike filling in a value, adding it
        # costs the backward pass nothing.
        penalty = (
            (judged - limit)
            .scatter_(-1, lists.column[:, None], 0.0)
            .clamp_(min=0)
            .sign_()
            .mul_(torch.finfo(judged.dtype).min)
        )
    return lists.average(-lists.positive((lists.scores + penalty).log_softmax(-1)))


class GuidedContrastive(Loss):
    """Guided contrast; see `guided_contrastive`.

    Args:
        guide: `student`, the model guides itself; `teacher`, the teacher's scores do.
        margin: Margin in units of the guide's scores, or the share of the positive's score if
            relative, at least 0.
        relative: Whether the margin is a share.
    """

    def __init__(
        self, guide: str = "student", margin: float = 0.0, *, relative: bool = False
    ) -> None:
        super().__init__()
        self.needs_teacher = check_choice("guide", guide, ("student", "teacher")) == "teacher"
        self.margin = check_number("margin", margin, at_least=0)
        self.relative = relative

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        guide = batch.teacher if self.needs_teacher else None
        return guided_contrastive(
            batch.scores,
            batch.targets,
            batch.mask,
            guide=guide,
            margin=self.margin,
            relative=self.relative,
        )
