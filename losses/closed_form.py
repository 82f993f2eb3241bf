"""Values whose gradient is written down instead of traced: a handful of operations instead of one pass over the scores for each step."""

from typing import Any

import torch
from torch import Tensor


def closed_form(
    scores: Tensor, values: Tensor, gradient: Tensor, scale: Tensor | None = None
) -> Tensor:
    """Connect values with the scores that they were worked out from.

    Args:
        scores: Scores, [L, C].
        values: A function of each row of the scores, without gradient, [L].
        gradient: Its derivative, [L, C].
        scale: What the derivative is still to be multiplied by, [L]; None: nothing.

    Returns:
        The values, differentiable once, [L].

    Raises:
        RuntimeError: Their derivative is to be differentiated.
    """
    # torch's
    connected: Tensor = _ClosedForm.apply(scores, values, gradient, scale)  # type: ignore[no-untyped-call]
    return connected


class _ClosedForm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        scores: Tensor,  # noqa: ARG004 - autograd hands it over
        values: Tensor,
        gradient: Tensor,
        scale: Tensor | None,
    ) -> Tensor:
        ctx.save_for_backward(gradient, scale)
        return values

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        if torch.is_grad_enabled():
            raise RuntimeError(
                "losses in closed form have a first derivative only; call backward without "
                "create_graph."
            )
        gradient, scale = ctx.saved_tensors
        return gradient * (grad if scale is None else grad * scale).unsqueeze(-1), None, None, None
