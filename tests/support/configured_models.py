"""The models of conf/model/*.yaml on tiny random encoders."""

import numpy as np
from cell_runs import composed
from hydra.utils import instantiate
from tiny_models import random_batch, tiny_tokenizer

from data.storage.ragged import ragged_by_owner
from data.storage.token_store import TokenStore

SMALL = {
    "static": ["model.network.dimensions=8"],
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
    path = [] if model == "static" else [f"model.path={folder}"]
    return composed(f"model={model}", *lengths, *path, *SMALL.get(model, []), *overrides)


def built(model, folder, *overrides, seed=0):
    cfg = config(model, folder, *overrides)
    return instantiate(cfg.model.network)(
        tokenizer=tiny_tokenizer(), documents=documents(), seed=seed
    )


def batch_of(model):
    return random_batch(framed=model != "cross_encoder")
