"""Losses against the fused cross-entropy of torch at a large batch, and their share of a small transformer's training step.

python -m benchmarks.losses.loss_cost [--repeats n] [--json file] [overrides of conf/]
"""

import argparse
import itertools
import statistics

import torch

from benchmarks.losses import loss_speed
from benchmarks.measuring import Limit, Row, command_line
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import Workload

ROWS, LIMIT = (
    256,
    2.5,
)  # queries, each with as many candidates, or twice as many as with a negative each; times cross-entropy
SHARE = 2.0  # per cent of a step
LAYERS, STEPS = 2, 3


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return a row a loss, then the default loss's share of a step."""
    torch.set_num_threads(1)
    rows: list[Row] = []
    for candidates, name in itertools.product((ROWS, 2 * ROWS), loss_speed.TIER_1):
        ratio, *_ = loss_speed.compare(name, *loss_speed.batch(ROWS, candidates, 0.0))
        rows.append(
            Limit(
                "loss",
                f"{name}, forward and backward, {ROWS} x {candidates}",
                ratio,
                LIMIT,
                "x cross-entropy",
            )
        )
    return [*rows, share(arguments)]


def share(arguments: argparse.Namespace) -> Row:
    """Return the default loss, forward and backward, over a whole step of the smallest transformer of conf/model."""
    with truncated(LAYERS) as path:
        work = Workload.of(
            STEPS, "model=minilm", f"model.path={path}", "batch.size=16", *arguments.overrides
        )
        step = statistics.median(work.ours() for _ in range(arguments.repeats))
    size = work.cfg.batch.size
    _, seconds, _ = loss_speed.compare("label_weakening", *loss_speed.batch(size, 2 * size, 0.0))
    setting = f"label weakening in a step of MiniLM of {LAYERS} layers, batch of {size} + {size}"
    return Limit("loss", setting, 100 * seconds / step, SHARE, "%")


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
