"""A loss for scored lists in memory, whatever program scored them."""

import torch
from torch import Tensor

import checks
from errors import InputError
from losses.candidates import Candidates, check_finite
from losses.loss import Loss, LossOutput

AXES = 2  # queries, candidates


def score_lists(
    loss: Loss, scores: Tensor, labels: Tensor, *, mask: Tensor | None = None, progress: float = 0.0
) -> LossOutput:
    """Return what a loss says of lists of scored candidates; gradients flow to the scores.

    Args:
        loss: a loss, for example `losses.LabelWeakening()`.
        scores: of B queries and C candidates, divided by the temperature [B, C].
        labels: grades; above 0 is positive [B, C].
        mask: True where there is a candidate [B, C]; None: everywhere.
        progress: share of the training that is done, in [0, 1]. Schedules read it: with 0, label
            weakening believes its labels as at the start of training.

    Returns:
        One value for each query, and what was decided about its labels; `.mean()` is the training
        loss.

    Raises:
        InputError: the shapes differ, `progress` is out of range, or the loss needs a teacher or
            the identity of pairs.
        FloatingPointError: a score is not finite.
    """
    mask = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.bool()
    shapes = {"scores": scores.shape, "labels": labels.shape, "mask": mask.shape}
    if scores.ndim != AXES or len(set(shapes.values())) > 1:
        listed = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise InputError(f"{listed}: all must be [queries, candidates]")
    checks.real("progress", progress, "a number from 0 to 1", 0.0, 1.0)
    check_finite(scores, mask)
    output: LossOutput = loss(Candidates(scores, labels, mask, progress=progress))
    return output
