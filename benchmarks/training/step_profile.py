"""A profile of training steps of the static model and a two-layer MiniLM.

python -m benchmarks.training.step_profile [--repeats steps] [--json file] [overrides of conf/]
"""

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from hydra.utils import instantiate

from benchmarks.measuring import Portion, Row, clock, command_line
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import WARM_UP, Workload
from cells.inputs.tokenised import build_network
from cells.training.setup import optimization_of
from lightning_modules.training.diagnostics import Diagnostics
from lightning_modules.training.finite_scores import FiniteScores
from lightning_modules.training.ranking_module import positives_of
from losses import Candidates


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return the parts of both models' steps."""
    static = Workload.of(WARM_UP + 10 * arguments.repeats, "model=static", *arguments.overrides)
    with truncated(2) as path:
        minilm = Workload.of(
            WARM_UP + arguments.repeats,
            "model=minilm",
            f"model.path={path}",
            "batch.size=16",
            *arguments.overrides,
        )
        return [
            *parts("static model, the default cell", static),
            *parts("MiniLM of 2 layers, batch of 16 + 16", minilm),
        ]


def parts(setting: str, work: Workload) -> list[Row]:
    """Return median milliseconds of the parts of a bare step, and of a Lightning step."""
    spent = Stopwatch()
    _train(work, spent)
    medians = {name: statistics.median(seconds[1:]) for name, seconds in spent.seconds.items()}
    medians |= {
        "sum of the above": sum(medians.values()),
        "the same step under Lightning": work.ours(),
    }
    return [
        Portion("training step", setting, name, 1e3 * seconds, "ms")
        for name, seconds in medians.items()
    ]


class Stopwatch:
    """CPU seconds by name of the part.

    Attributes:
        seconds: those of each time.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time the block."""
        started = clock()
        yield
        self.seconds[name].append(clock() - started)


def _train(work: Workload, spent: Stopwatch) -> None:
    network, loss, diagnostics, finite = (
        build_network(work.cfg, work.inputs.tokenised).train(),
        instantiate(work.cfg.loss),
        Diagnostics(),
        FiniteScores([]),
    )
    optimizer, _ = optimization_of(work.cfg).build(network, work.steps)
    loader = iter(work.loader())
    for _ in range(min(work.steps, len(work.loader()))):
        with spent.part("batch from the token store"):
            batch = next(loader)
        with spent.part("forward"):
            scores = network.scores(batch)
        with spent.part("check for NaN"):
            finite.note(0, batch.query_rows, scores, batch.mask)
        pairs = torch.arange(scores.numel()).view_as(scores)
        positives = positives_of(batch)
        with spent.part("loss"):
            candidates = Candidates(scores, batch.targets, batch.mask, positives, pairs)
            output = loss(candidates)
        with spent.part("diagnostics"):
            diagnostics.add(batch, candidates, output)
        with spent.part("backward"):
            output.mean().backward()
        with spent.part("optimiser"):
            optimizer.step()
            optimizer.zero_grad()


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=6)
