"""The optimiser's parameter groups and the schedules of its learning rate."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

import checks
from errors import InputError

LAYER = re.compile(r"\.(?:layers?|h|blocks?)\.(\d+)\.")
"""How the encoders of transformers number their layers."""
EMBEDDINGS = re.compile(r"embeddings\.|\b(?:embed_tokens|wte|wpe)\.")
"""How they call their embeddings; the last three are decoders'."""


def linear_schedule(optimizer: Optimizer, total_steps: int, *, warmup: float) -> LambdaLR:
    """Return a linear warm-up to the optimiser's rate, then a linear decay to 0.

    Args:
        optimizer: has the peak rates.
        total_steps: optimisation steps of the whole training.
        warmup: share of the steps, in [0, 1).

    Raises:
        InputError: for a share outside its range.
    """
    warm = _warm_steps(warmup, total_steps)

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return max(0.0, (total_steps - step) / max(1, total_steps - warm))

    return LambdaLR(optimizer, factor)


def constant_schedule(optimizer: Optimizer, total_steps: int, *, warmup: float) -> LambdaLR:
    """Return a linear warm-up to the optimiser's rate, which then stays; see `linear_schedule`."""
    warm = _warm_steps(warmup, total_steps)
    return LambdaLR(optimizer, lambda step: (step + 1) / warm if step < warm else 1.0)


def _warm_steps(warmup: float, total_steps: int) -> int:
    allowed = "a share of the steps, 0 <= scheduler.warmup < 1"
    checks.real("scheduler.warmup", warmup, allowed, 0.0, 1.0, open_high=True)
    return int(warmup * total_steps)


@dataclass(frozen=True)
class Optimization:
    """Builds the optimiser and the schedule of a module.

    Args:
        optimizer: parameter groups -> optimiser, e.g. `partial(torch.optim.AdamW, lr=2e-5)`. Its
            `weight_decay` applies to matrices only (not to biases, norms and token weights).
        scheduler: (optimiser, steps of the whole training) -> schedule, stepped after each step.
        layer_decay: learning rate of each layer as a share of that of the layer above it, in (0,
            1]; 1: the same for all. The embeddings count as the layer below the first; whatever is
            no layer (projection, classifier, loss) has the full rate.

    Reference:
        Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", ACL 2018,
        section 3.2, for layer_decay.

    Raises:
        InputError: for a `layer_decay` outside its range.
    """

    optimizer: Callable[[list[dict[str, Any]]], Optimizer]
    scheduler: Callable[[Optimizer, int], LRScheduler]
    layer_decay: float = 1.0

    def __post_init__(self) -> None:
        allowed = "above 0 and at most 1, e.g. 0.9; 1 is the same rate for all"
        checks.real("model.layer_decay", self.layer_decay, allowed, 0.0, 1.0, open_low=True)

    def check(self) -> None:
        """Refuse arguments that the optimiser or the schedule does not take, before anything slow.

        Raises:
            InputError: with what the constructor says.
        """
        layer = nn.Linear(1, 1)
        groups: list[dict[str, Any]] = [{"params": [weight]} for weight in layer.parameters()]
        try:
            optimizer = self.optimizer(groups)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(_refusal("optimizer", error)) from error
        try:
            self.scheduler(optimizer, 1)
        except (TypeError, ValueError) as error:
            raise InputError(_refusal("scheduler", error)) from error

    def build(self, module: nn.Module, total_steps: int) -> tuple[Optimizer, LRScheduler]:
        """Return the optimiser of all trainable parameters, including the loss's, and its schedule.

        Args:
            module: what is trained.
            total_steps: optimisation steps of the whole training.
        """
        factors = rate_factors((name for name, _ in module.named_parameters()), self.layer_decay)
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                groups.setdefault((-factors[name], parameter.ndim <= 1), []).append(parameter)
        keys = sorted(groups)
        optimizer = self.optimizer([_group(groups[key], decays=not key[1]) for key in keys])
        for group, (negative_factor, _) in zip(optimizer.param_groups, keys, strict=True):
            group["lr"] *= -negative_factor
        return optimizer, self.scheduler(optimizer, total_steps)


def _refusal(node: str, error: Exception) -> str:
    advice = f"Set an argument with {node}.<name>=.., leave one out with ~{node}.<name>."
    return f"{node}: {error}. {advice}"


def _group(parameters: list[nn.Parameter], *, decays: bool) -> dict[str, Any]:
    return {"params": parameters} if decays else {"params": parameters, "weight_decay": 0.0}


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
        name: layers - 1 - int(match[1]) if match else layers * bool(EMBEDDINGS.search(name))
        for name, match in found.items()
    }
    return {name: layer_decay**count for name, count in steps.items()}
