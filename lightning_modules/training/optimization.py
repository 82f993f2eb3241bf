"""The optimiser and its learning-rate schedule."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from errors import InputError

SCHEDULES = ("linear", "constant")
LAYER = re.compile(r"\.(?:layers?|h|blocks?)\.(\d+)\.")
"""How the encoders of transformers number their layers."""


@dataclass(frozen=True)
class Optimization:
    """AdamW with linear warm-up, then linear decay to zero or a constant rate.

    Args:
        learning_rate: peak rate, positive.
        weight_decay: decoupled decay, of matrices only (not of biases, norms and token weights).
        warmup: share of the steps, in [0, 1).
        schedule: linear or constant.
        layer_decay: learning rate of each layer as a share of that of the layer above it, in (0,
            1]; 1: the same for all. The embeddings count as the layer below the first; whatever is
            no layer (projection, classifier, loss) has the full rate.

    Reference:
        Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018,
        section 3.2, for layer_decay.

    Raises:
        InputError: for a value outside its range.
    """

    learning_rate: float
    weight_decay: float
    warmup: float
    schedule: str
    layer_decay: float = 1.0

    def __post_init__(self) -> None:
        if not self.learning_rate > 0:
            raise InputError(
                f"model.learning_rate={self.learning_rate}: must be a positive number."
            )
        if not 0 <= self.warmup < 1:
            raise InputError(
                f"model.warmup={self.warmup}: must be a share of the steps, 0 <= model.warmup < 1."
            )
        if self.schedule not in SCHEDULES:
            raise InputError(
                f"model.schedule={self.schedule}: must be one of {', '.join(SCHEDULES)}."
            )
        if not 0 < self.layer_decay <= 1:
            raise InputError(
                f"model.layer_decay={self.layer_decay}: must be above 0 and at most 1, e.g. 0.9; 1 "
                "is the same rate for all."
            )

    def build(self, module: nn.Module, total_steps: int) -> tuple[AdamW, LambdaLR]:
        """Return the optimiser of all trainable parameters, those of the loss too, and the schedule over `total_steps` steps."""
        rates = rate_factors((name for name, _ in module.named_parameters()), self.layer_decay)
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                groups.setdefault((-rates[name], parameter.ndim <= 1), []).append(parameter)
        settings = [
            {
                "params": groups[key],
                "lr": -key[0] * self.learning_rate,
                "weight_decay": 0.0 if key[1] else self.weight_decay,
            }
            for key in sorted(groups)
        ]
        optimizer = AdamW(settings, lr=self.learning_rate, fused=True)
        return optimizer, LambdaLR(optimizer, lambda step: self.factor(step, total_steps))

    def factor(self, step: int, total_steps: int) -> float:
        """Return the share of the peak rate at a step of 0..total_steps-1."""
        warm = int(self.warmup * total_steps)
        if step < warm:
            return (step + 1) / warm
        if self.schedule == "constant":
            return 1.0
        return max(0.0, (total_steps - step) / max(1, total_steps - warm))


def rate_factors(names: Iterable[str], layer_decay: float) -> dict[str, float]:
    """Return each parameter's share of the learning rate; see `Optimization`.

    Args:
        names: names of the parameters.
        layer_decay: in (0, 1].

    Raises:
        InputError: if it is not 1 and no parameter belongs to a layer.
    """
    found = {name: LAYER.search(name) for name in names}
    layers = 1 + max((int(match[1]) for match in found.values() if match), default=-1)
    if layer_decay != 1 and not layers:
        raise InputError(
            f"model.layer_decay={layer_decay}: this model has no layers; leave it out."
        )
    steps = {
        name: layers - 1 - int(match[1]) if match else layers * ("embeddings." in name)
        for name, match in found.items()
    }
    return {name: layer_decay**count for name, count in steps.items()}
