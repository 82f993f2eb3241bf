"""Where the time of a training step of two MiniLM layers goes, kernel by kernel.

python -m benchmarks.training.kernel_profile [--repeats steps] [--json file] [overrides of conf/]
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping

from hydra.utils import instantiate
from torch.profiler import ProfilerActivity, profile

from benchmarks.measuring import Portion, Row, command_line, gemm_rate
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import WARM_UP, Workload
from cells.training.setup import optimization_of
from data import Batch
from lightning_modules.training.ranking_module import positives_of
from losses import Candidates

LENGTHS = {256: "skewed lengths up to 256 tokens", 32: "nearly uniform lengths up to 32 tokens"}
KERNELS = {
    "matrix products": ("mm", "addmm", "bmm", "linear"),
    "attention": (
        "_scaled_dot_product_flash_attention_for_cpu",
        "_scaled_dot_product_flash_attention_for_cpu_backward",
    ),
    "GELU": ("gelu", "gelu_backward"),
    "layer normalisation": ("native_layer_norm", "native_layer_norm_backward"),
    "dropout": ("native_dropout", "native_dropout_backward", "bernoulli_", "dropout"),
    "sums and copies": ("add", "add_", "sum", "mul", "mul_", "div_", "copy_", "cat", "clone"),
    "word vectors": ("embedding", "embedding_dense_backward", "index_select", "index", "unique2"),
    "optimiser": ("_fused_adamw_",),
}
"""What is shown -> operations of torch that belong to it."""
REST = "the rest"
LIMIT = "the operations at the speed of a large matrix product"


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
    spent = grouped(_profiled(work))
    step = sum(spent.values()) / (work.steps - WARM_UP)
    spent = {name: seconds / (work.steps - WARM_UP) for name, seconds in spent.items()}
    spent[LIMIT] = work.flop() / (1e9 * gemm_rate())
    setting = f"MiniLM of 2 layers, batch of 16 + 16, {words}: {1e3 * step:.0f} ms"
    for name, seconds in spent.items():
        yield Portion("step of two MiniLM layers", setting, name, 100 * seconds / step, "%")


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


def _profiled(work: Workload) -> dict[str, float]:
    """Train, and return the seconds in each operation after the warm-up."""
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
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for batch in batches[WARM_UP:]:
            step(batch)
    seconds: dict[str, float] = defaultdict(float)
    for event in profiler.key_averages():
        seconds[event.key] += event.self_cpu_time_total / 1e6
    return dict(seconds)


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
