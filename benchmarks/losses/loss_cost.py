"""The share of a training step that each loss takes, forward and backward, decisions included.

python -m benchmarks.losses.loss_cost [--repeats n] [--json file] [overrides of conf/]
"""

import argparse
import statistics

import torch
from hydra.utils import instantiate

from benchmarks.measuring import Limit, Row, command_line, timed
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import WARM_UP, Workload, configured
from losses import Candidates, Loss, Positives

LARGEST_SHARE = {"static": 5.0, "transformer": 0.5}  # per cent of a step
LAYERS = 2
MASKED = 0.1  # share of the slots
NAMES = (
    "cross_entropy",
    "label_smoothing",
    "label_relaxation",
    "label_weakening",
    "label_weakening_pointwise",
    "generalized_cross_entropy",
    "symmetric_cross_entropy",
    "nce_rce",
    "nce_agce",
    "nce_aul",
    "cores",
    "elr",
    "rince",
    "dcl",
    "hcl",
    "ranknet",
    "lambda_loss",
    "gist",
)
LOSSES = {name: (f"loss={name}",) for name in NAMES} | {
    "label_weakening, pair average": ("loss=label_weakening", "loss/confidence=pair_average")
}


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return a row per loss and model."""
    torch.set_num_threads(1)
    steps = WARM_UP + 10 * arguments.repeats
    static = Workload.of(steps, "model=static", *arguments.overrides)
    rows = shares(static, "static", "the static model's step", arguments.repeats)
    with truncated(LAYERS) as path:
        overrides = ("model=minilm", f"model.path={path}", "batch.size=16")
        minilm = Workload.of(WARM_UP + arguments.repeats, *overrides, *arguments.overrides)
        step = f"a step of MiniLM of {LAYERS} layers"
        return rows + shares(minilm, "transformer", step, arguments.repeats)


def shares(work: Workload, kind: str, step: str, repeats: int) -> list[Row]:
    """Return the losses' shares of a model's step, in per cent; steps use the default loss."""
    seconds = statistics.median(work.ours() for _ in range(repeats))
    size = work.cfg.batch.size
    batch = candidates(size, 2 * size)
    return [
        Limit(
            "loss",
            f"{name} in {step}, {size} x {2 * size} candidates",
            100 * cost(instantiate(configured(*LOSSES[name]).loss), batch) / seconds,
            LARGEST_SHARE[kind],
            "%",
        )
        for name in LOSSES
    ]


def candidates(rows: int, columns: int) -> Candidates:
    """Random scores as data gives them: one positive in each row, some slots masked."""
    generator = torch.Generator().manual_seed(0)
    scores = 3 * torch.randn(rows, columns, generator=generator)
    column = torch.randint(columns, (rows,), generator=generator)
    targets = torch.zeros_like(scores).scatter_(-1, column[:, None], 1.0)
    mask = (torch.rand(scores.shape, generator=generator) >= MASKED) | (targets > 0)
    pair_ids = torch.arange(scores.numel()).view_as(mask).masked_fill(targets == 0, -1)
    positives = Positives(None, column)
    return Candidates(scores.requires_grad_(), targets, mask, positives, pair_ids, progress=0.5)


def cost(loss: Loss, batch: Candidates) -> float:
    """Median seconds of a loss, forward and backward."""

    def step() -> None:
        batch.scores.grad = None
        loss(batch).mean().backward()

    step()
    return statistics.median(timed(step) for _ in range(200))


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
