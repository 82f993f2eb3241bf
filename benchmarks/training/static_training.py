"""Training steps of the static retriever, against sentence-transformers' StaticEmbedding.

python -m benchmarks.training.static_training [--repeats n] [--json file] [overrides of conf/]
"""

import argparse
from copy import deepcopy
from typing import Any

from benchmarks.measuring import Row, command_line, compared, paired
from benchmarks.training import peer_trainers
from benchmarks.training.workload import Workload

STEPS = 30


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return one row: the model, batch and loss of the default cell."""
    work = Workload.of(STEPS, "model=static", "noise=none", "noise.ratio=0", *arguments.overrides)
    texts, size, rate = work.texts(), work.cfg.batch.size, work.cfg.optimizer.lr

    def peer() -> Any:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

        dimensions = work.cfg.model.network.dimensions
        tokenizer = deepcopy(work.inputs.tokenised.tokenizer)  # which cuts texts as ours does
        tokenizer.backend_tokenizer.enable_truncation(work.cfg.model.tokens.document_length)
        embedding = StaticEmbedding(tokenizer, embedding_dim=dimensions)
        return SentenceTransformer(modules=[embedding, Normalize()], device="cpu")

    seconds = paired(
        {
            "ours": work.ours,
            "SentenceTransformerTrainer": lambda: peer_trainers.bi_encoder(peer, texts, size, rate),
        },
        arguments.repeats,
    )
    setting = (
        f"{work.cfg.model.network.dimensions} dimensions, batch of {size} + {size}, label "
        f"weakening against their contrastive loss"
    )
    return [
        *compared(
            seconds,
            {"SentenceTransformerTrainer": 3.0},
            path="static training",
            setting=setting,
            unit="steps/s",
            flop=work.flop(),
        )
    ]


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=5)
