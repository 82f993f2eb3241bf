"""Where the time of a training step of two MiniLM layers goes, kernel by kernel.

python -m benchmarks.training.kernel_profile [--repeats steps] [--json file] [overrides of conf/]
"""

import argparse
from collections.abc import Iterator, Mapping

from hydra.utils import instantiate
from torch.profiler import ProfilerActivity, profile

from benchmarks.measuring import Portion, Row, clock, command_line, gemm_rate
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import WARM_UP, Workload
from cells.training.setup import optimization_of
from data import Batch
from lightning_modules.training.ranking_module import positives_of
from losses import Candidates

LENGTHS = {256: "skewed lengths up to 256 tokens", 32: "nearly uniform lengths up to 32 tokens"}
KERNELS = {
    "products with weights": ("mm", "addmm"),
    "products of attention": ("bmm", "baddbmm", "_scaled_dot_product_flash_attention_for_cpu"),
    "softmax of attention": (
        "_softmax",
        "_softmax_backward_data",
        "isneginf",
        "all",
        "where",
        "masked_fill_",
    ),
    "drawing what dropout leaves out": ("bernoulli_",),
    "GELU": ("gelu", "gelu_backward"),
    "layer normalisation": ("native_layer_norm", "native_layer_norm_backward"),
    "sums, factors and copies": (
        *("add", "add_", "sum", "mul", "mul_", "div", "div_"),
        *("copy_", "fill_", "zero_", "cat", "clone"),
    ),
    "word vectors": ("embedding", "embedding_dense_backward", "index_select", "index"),
    "optimiser": ("_fused_adamw_",),
}
"""What is shown -> operations of torch that belong to it."""
REST = "the rest"
LIMIT = "its operations, at the speed of a large matrix product"


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return the shares of both settings."""
    with truncated(2) as path:
        return [
            row
            for length, words in LENGTHS.items()
            for row in shares(
                words,
                Workload.of(
                    WARM_UP + arguments.repeats,
                    "model=minilm",
                    f"model.path={path}",
                    "batch.size=16",
                    f"model.tokens.document_length={length}",
                    "noise=none",
                    "noise.ratio=0",
                    *arguments.overrides,
                ),
            )
        ]


def shares(words: str, work: Workload) -> Iterator[Row]:
    """Yield each kernel's share of a step, and that of the operations at the limit."""
    spent, step = _profiled(work)
    groups, whole = grouped(spent), sum(spent.values())
    percent = {name: 100 * seconds / whole for name, seconds in groups.items()}
    percent[LIMIT] = 100 * work.flop() / (1e9 * gemm_rate()) / step
    setting = f"batch of 16 + 16, {words}"
    for name, share in percent.items():
        yield Portion("step of two MiniLM layers", setting, name, share, "%")


def grouped(seconds: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds of each group in KERNELS, and of the rest.

    Args:
        seconds: name of an operation -> seconds in it, those of operations that it calls left out.
    """
    groups = {f"aten::{kernel}": name for name, kernels in KERNELS.items() for kernel in kernels}
    sums: dict[str, float] = dict.fromkeys([*KERNELS, REST], 0.0)
    for operation, spent in seconds.items():
        sums[groups.get(operation, REST)] += spent
    return sums


def _profiled(work: Workload) -> tuple[dict[str, float], float]:
    """Train, and return wall seconds in each operation, and CPU seconds of a step."""
    network, loss = work.network(), instantiate(work.cfg.loss)
    optimizer, _ = optimization_of(work.cfg).build(network, work.steps)

    def step(batch: Batch) -> None:
        scores = network.scores(batch)
        loss(Candidates(scores, batch.targets, batch.mask, positives_of(batch))).mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    batches = work.batches()
    for batch in batches[:WARM_UP]:
        step(batch)
    started = clock()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for batch in batches[WARM_UP:]:
            step(batch)
        per_step = (clock() - started) / len(batches[WARM_UP:])
    spent = {event.key: event.self_cpu_time_total / 1e6 for event in profiler.key_averages()}
    return spent, per_step


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
