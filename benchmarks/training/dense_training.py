"""Training steps of dense retrievers, against sentence-transformers and plain torch.

python -m benchmarks.training.dense_training [--repeats n] [--json file] [overrides of conf/]
"""

import argparse
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from benchmarks.measuring import Row, clock, command_line, compared, paired
from benchmarks.training import peer_trainers
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import Workload, per_step
from data import Tokens

SKEWED = {"SentenceTransformerTrainer": 1.5, "a padded loop": 1.4, "a length-sorted loop": 0.95}
UNIFORM = {"SentenceTransformerTrainer": 1.0}
SORTED_CHUNK = 8  # texts; faster than 16 and 32


class DenseSetting(NamedTuple):
    """A model, its batches and what we want to reach.

    Attributes:
        layers: of MiniLM.
        batch_size: queries per batch, each with a positive and a negative.
        length: most tokens of a document.
        steps: batches.
        lengths: of the documents, in words.
        targets: ratio for each contender.
    """

    layers: int
    batch_size: int
    length: int
    steps: int
    lengths: str
    targets: dict[str, float]


SETTINGS = (
    DenseSetting(2, 16, 256, 3, "skewed lengths", SKEWED),
    DenseSetting(6, 16, 256, 2, "skewed lengths", SKEWED),
    DenseSetting(2, 16, 32, 5, "nearly uniform lengths", UNIFORM),
)


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return the rows of all settings."""
    return [
        row
        for setting in SETTINGS
        for row in compare(setting, arguments.repeats, arguments.overrides)
    ]


def compare(setting: DenseSetting, repeats: int, overrides: Sequence[str]) -> Sequence[Row]:
    """Return the rows of one setting."""
    size = setting.batch_size
    with truncated(setting.layers) as path:
        changes = (
            f"model.path={path}",
            f"batch.size={size}",
            f"model.tokens.document_length={setting.length}",
        )
        work = Workload.of(
            setting.steps,
            "model=minilm",
            "loss=cross_entropy",
            "noise=none",
            "noise.ratio=0",
            *changes,
            *overrides,
        )
        texts, rate, model = (
            work.texts(),
            work.cfg.optimizer.lr,
            peer_trainers.transformer(path, setting.length),
        )
        contenders: dict[str, Callable[[], float]] = {
            "ours": work.ours,
            "SentenceTransformerTrainer": lambda: peer_trainers.bi_encoder(
                model, texts, size, rate
            ),
            "a padded loop": lambda: raw_loop(work, path, size),
            "a length-sorted loop": lambda: raw_loop(work, path, SORTED_CHUNK),
        }
        seconds = paired(
            {
                name: run
                for name, run in contenders.items()
                if name == "ours" or name in setting.targets
            },
            repeats,
        )
        flop = work.flop()
    words = (
        f"MiniLM of {setting.layers} layers, batch of {size} + {size}, {setting.lengths} up "
        f"to {setting.length} tokens"
    )
    return compared(
        seconds, setting.targets, path="dense training", setting=words, unit="steps/s", flop=flop
    )


def raw_loop(work: Workload, path: str, chunk: int) -> float:
    """Return CPU seconds per step of plain torch on token ids.

    Queries and documents are encoded separately, longest first, in calls of `chunk` texts.
    """
    from transformers import AutoModel

    model = AutoModel.from_pretrained(path, add_pooling_layer=False).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=work.cfg.optimizer.lr, fused=True)
    ends = []
    for batch in work.batches():
        widths = (
            (chunk, chunk)
            if chunk < work.cfg.batch.size
            else (len(batch.queries.lengths), len(batch.documents.lengths))
        )
        queries, documents = (
            encoded(model, batch.queries, widths[0]),
            encoded(model, batch.documents, widths[1]),
        )
        scores = (queries @ documents.T / work.cfg.model.network.temperature).masked_fill(
            ~batch.mask, -torch.inf
        )
        # theirs
        loss = functional.cross_entropy(scores, batch.targets.argmax(1))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        ends.append(clock())
    return per_step(ends)


# a Hugging Face model of any class
def encoded(model: Any, tokens: Tokens, chunk: int) -> Tensor:
    """Return mean-pooled, normalised vectors [n, D] in the texts' order."""
    texts = [tokens.ids[start:end] for start, end in pairwise(tokens.offsets.tolist())]
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    parts = []
    for start in range(0, len(order), chunk):
        rows = [texts[i] for i in order[start : start + chunk]]
        ids = pad_sequence(rows, batch_first=True)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        parts.append(functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1))
    return torch.cat(parts)[torch.tensor(order).argsort()]


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
