"""The optimiser and its learning-rate schedule."""

from dataclasses import dataclass

from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from errors import InputError

SCHEDULES = ("linear", "constant")


@dataclass(frozen=True)
class Optimization:
    """AdamW with linear warm-up, then linear decay to zero or a constant rate.

    Args:
        learning_rate: peak rate, positive.
        weight_decay: decoupled decay, of matrices only (not of biases, norms and token weights).
        warmup: share of the steps, in [0, 1).
        schedule: linear or constant.

    Raises:
        InputError: for a value outside its range.
    """

    learning_rate: float
    weight_decay: float
    warmup: float
    schedule: str

    def __post_init__(self) -> None:
        if not self.learning_rate > 0:
            raise InputError(f"model.learning_rate={self.learning_rate}: must be a positive number.")
        if not 0 <= self.warmup < 1:
            raise InputError(f"model.warmup={self.warmup}: must be a share of the steps, 0 <= model.warmup < 1.")
        if self.schedule not in SCHEDULES:
            raise InputError(f"model.schedule={self.schedule}: must be one of {', '.join(SCHEDULES)}.")

    def build(self, module: nn.Module, total_steps: int) -> tuple[AdamW, LambdaLR]:
        """Returns the optimiser of all trainable parameters, those of the loss too, and the schedule over `total_steps` steps."""
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        optimizer = AdamW([group for group in groups if group["params"]], lr=self.learning_rate, fused=True)
        return optimizer, LambdaLR(optimizer, lambda step: self.factor(step, total_steps))

    def factor(self, step: int, total_steps: int) -> float:
        """Returns the share of the peak rate at a step of 0..total_steps-1."""
        warm = int(self.warmup * total_steps)
        if step < warm:
            return (step + 1) / warm
        if self.schedule == "constant":
            return 1.0
        return max(0.0, (total_steps - step) / max(1, total_steps - warm))
