"""Training steps of a cross-encoder against CrossEncoderTrainer, on the same pairs.

python -m benchmarks.training.cross_encoder_training [--repeats n] [--json file] [overrides]
"""

import argparse
from typing import Any

from benchmarks.measuring import Row, command_line, compared, paired
from benchmarks.training import peer_trainers
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import Workload

LAYERS, STEPS, LENGTH = 2, 3, 256


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return one row."""
    with truncated(LAYERS) as path:
        changes = (
            f"model.path={path}",
            f"model.network.pair_length={LENGTH}",
            "loss=cross_entropy",
            "noise=none",
            "noise.ratio=0",
        )
        work = Workload.of(STEPS, "model=cross_encoder", *changes, *arguments.overrides)
        texts, size, rate = work.texts(), work.cfg.batch.size, work.cfg.optimizer.lr

        def peer() -> Any:
            from sentence_transformers import CrossEncoder

            return CrossEncoder(path, num_labels=1, max_length=LENGTH, device="cpu")

        seconds = paired(
            {
                "ours": work.ours,
                "CrossEncoderTrainer": lambda: peer_trainers.cross_encoder(peer, texts, size, rate),
            },
            arguments.repeats,
        )
        flop = work.flop()
    setting = f"MiniLM of {LAYERS} layers, {size} queries with two documents each, skewed lengths"
    return [
        *compared(
            seconds,
            {"CrossEncoderTrainer": 1.3},
            path="cross-encoder training",
            setting=setting,
            unit="steps/s",
            flop=flop,
        )
    ]


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
