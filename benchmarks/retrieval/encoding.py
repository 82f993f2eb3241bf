"""Encoding of documents of skewed lengths, against sentence-transformers and a raw loop.

python -m benchmarks.retrieval.encoding [--repeats n] [--json file] [overrides of conf/]
"""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.measuring import Row, command_line, compared, paired, timed
from benchmarks.training.flop import encoding_flop
from benchmarks.training.peer_trainers import transformer
from benchmarks.training.truncated import truncated
from benchmarks.training.workload import Workload
from cells.inputs.tokenised import build_network
from data import Tokens, TokenStore
from data.storage.ragged import Ragged
from evaluation.encode import encode_store
from lightning_modules.layers.ragged_tensor import padded

if TYPE_CHECKING:
    from collections.abc import Callable

LAYERS, LENGTH, DOCUMENTS = 2, 256, 768
RAW_BATCH = 8  # documents
TARGETS = {"SentenceTransformer.encode": 1.15, "a length-sorted loop": 0.95}


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Return two rows: the peer and the limit."""
    with truncated(LAYERS) as path:
        changes = (
            f"model.path={path}",
            f"model.tokens.document_length={LENGTH}",
            "noise=none",
            "noise.ratio=0",
        )
        work = Workload.of(1, "model=minilm", *changes, *arguments.overrides)
        tokenised = work.inputs.tokenised
        rows = np.random.default_rng(0).choice(len(tokenised.documents), DOCUMENTS, replace=False)
        texts = list(tokenised.collection.documents.texts(rows.tolist()))
        assert isinstance(tokenised.documents, TokenStore)
        store = TokenStore(Ragged(*tokenised.documents.ragged.take(rows)))
        network: Any = build_network(work.cfg, tokenised).eval()
        peer, budget = transformer(path, LENGTH)(), work.cfg.evaluation.batch_tokens
        contenders: dict[str, Callable[[], float]] = {
            "ours": lambda: timed(
                lambda: encode_store(store, network.encode_documents, batch_tokens=budget)
            ),
            "SentenceTransformer.encode": lambda: timed(
                lambda: peer.encode(texts, batch_size=32, show_progress_bar=False)
            ),
            "a length-sorted loop": lambda: timed(lambda: raw(network.encoder.backbone, store)),
        }
        seconds = paired(contenders, arguments.repeats)
        flop = encoding_flop(network, torch.from_numpy(store.lengths))
    setting = (
        f"MiniLM of {LAYERS} layers, {DOCUMENTS} documents of {int(store.lengths.min())} to "
        f"{int(store.lengths.max())} tokens"
    )
    return [
        *compared(
            seconds,
            TARGETS,
            path="encoding",
            setting=setting,
            work=DOCUMENTS,
            unit="documents/s",
            flop=flop,
        )
    ]


@torch.inference_mode()
# a Hugging Face model of any class
def raw(backbone: Any, store: TokenStore) -> Tensor:
    """Return mean-pooled, normalised vectors, longest documents first."""
    tokens: Tokens = store.tokens(np.arange(len(store)))
    parts = []
    for rows in torch.split(tokens.lengths.argsort(descending=True), RAW_BATCH):
        ids, mask = padded(tokens.ids, tokens.offsets, rows, 0)
        states = backbone(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        parts.append(functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1))
    return torch.cat(parts)


if __name__ == "__main__":
    command_line(__doc__, measure, repeats=3)
