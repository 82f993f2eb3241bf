"""The models of conf/model/*.yaml on tiny random encoders."""

import numpy as np
import torch
from cell_runs import composed
from hydra.utils import instantiate
from tiny_models import random_batch, tiny_tokenizer

from data import Tokens, VectorStore
from data.storage.ragged import ragged_by_owner
from data.storage.token_store import TokenStore

SMALL = {
    "static": ["model.network.dimensions=8"],
    "static_wide": ["model.network.dimensions=8"],
    "colbert": [
        "model.network.projection=8",
        "model.tokens.query_length=12",
        "model.tokens.document_length=24",
    ],
    "cross_encoder": ["model.network.pair_length=24"],
}


def documents():
    return TokenStore(ragged_by_owner(np.arange(6) // 2, np.arange(5, 11).astype(np.uint16), 3))


def config(model, folder, *overrides):
    lengths = ["model.tokens.query_length=16", "model.tokens.document_length=32"]
    path = [] if model.startswith("static") else [f"model.path={folder}"]
    return composed(f"model={model}", *lengths, *path, *SMALL.get(model, []), *overrides)


def built(model, folder, *overrides, seed=0):
    cfg = config(model, folder, *overrides)
    inputs = vectors() if model == "adapter" else documents()
    return instantiate(cfg.model.network)(tokenizer=tiny_tokenizer(), documents=inputs, seed=seed)


def vectors(source="a0"):
    """Vectors of three documents, as long as the tiny encoder's."""
    values = np.random.default_rng(0).standard_normal((3, 16)).astype(np.float32)
    return VectorStore(values, source)


def batch_of(model):
    batch = random_batch(framed=model != "cross_encoder")
    if model != "adapter":
        return batch
    return batch._replace(queries=_vectors(batch.queries), documents=_vectors(batch.documents))


def _vectors(tokens):
    """A random vector for each text."""
    count = len(tokens.lengths)
    values = torch.randn(count, 16, generator=torch.Generator().manual_seed(count))
    return Tokens(values, torch.arange(count + 1))
