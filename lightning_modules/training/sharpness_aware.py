"""Sharpness-aware minimisation, an optimiser that prefers flat minima and memorises less."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

from errors import InputError

TINY = 1e-12


class SharpnessAware(Optimizer):
    r"""Takes each step of another optimiser with the gradient at the worst point nearby.

    .. math:: g = \nabla L\left(w + \rho \frac{\nabla L(w)}{\|\nabla L(w)\|}\right)

    A step evaluates the batch twice and costs about twice as much. State and checkpoints are those
    of the other optimiser.

    Args:
        params: parameters or groups of them.
        rho: size of the neighbourhood, above 0; published: 0.05.
        base: class of the other optimiser.
        settings: its arguments.

    Attributes:
        perturbed: whether the closure is being evaluated at shifted weights.

    Raises:
        ValueError: for a rho that is not above 0.

    References:
        P. Foret et al. Sharpness-Aware Minimization for Efficiently Improving Generalization. ICLR
        2021, algorithm 1. Why it helps under label noise: C. Baek, Z. Kolter, A. Raghunathan. arXiv
        2405.03676.
    """

    def __init__(
        self,
        params: Iterable[Any],
        *,
        rho: float = 0.05,
        base: type[Optimizer] = AdamW,
        **settings: Any,
    ) -> None:
        if not rho > 0:
            raise ValueError(f"rho={rho}: must be above 0, e.g. 0.05")
        self.base = base(params, **settings)
        super().__init__(self.base.param_groups, self.base.defaults)
        self.rho, self.perturbed = rho, False
        self._share()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step and return the loss at the weights before it.

        Args:
            closure: evaluates the loss and its gradient; called twice.

        Raises:
            InputError: without a closure.
        """
        if closure is None:
            raise InputError(
                "optimizer: SharpnessAware evaluates a step twice, and "
                "trainer.precision=16-mixed does not let it; set bf16-mixed or 32-true."
            )
        evaluate = torch.enable_grad()(closure)
        loss = evaluate()
        before = self._shift()
        self.perturbed = True
        try:
            evaluate()
        finally:
            self.perturbed = False
            with torch.no_grad():
                for weight, value in before:
                    weight.copy_(value)
        self.base.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the other optimiser's state."""
        self.base.load_state_dict(state_dict)
        self._share()

    @torch.no_grad()
    def _shift(self) -> list[tuple[Tensor, Tensor]]:
        """Move the weights up the gradient and return them with what they were."""
        weights = [
            (weight, weight.grad)
            for group in self.param_groups
            for weight in group["params"]
            if weight.grad is not None
        ]
        before = [(weight, weight.clone()) for weight, _ in weights]
        norm = torch.stack([gradient.norm() for _, gradient in weights]).norm()
        for weight, gradient in weights:
            weight.add_(gradient * (self.rho / (norm + TINY)))
        return before

    def _share(self) -> None:
        """Share the groups and state of the other optimiser, for schedules and checkpoints."""
        self.param_groups, self.state = self.base.param_groups, self.base.state
