"""Tiny networks with random weights, exported and loaded again, and their scores of a few texts."""

import torch
from configured_models import config, documents
from hydra.utils import instantiate
from tiny_models import ragged, tiny_tokenizer

from cells.record.export import check_export, export
from data import Batch, TextTokenizer

TEXTS = (["a b c", "d , e", "f g h i j"], ["a b . c", "k l m n , o p q", "r", "s t ! a b c d e f"])
SCORES = {
    "cell": "demo/tiny",
    "measures": {"nDCG@10": 0.5},
    "data": {"collection": "demo", "documents": 3, "training_examples": 2},
    "untrained": {"nDCG@10": 0.25},
    "noise": {
        "model": "semantic",
        "corrupted": 2,
        "units": 16,
        "realised": 0.125,
        "audit_sha256": "abc",
    },
    "selected_epoch": 1,
    "versions": {"torch": "2.13"},
}


def exported(model, folder, path, *overrides):
    """Exports a configured model with random weights; returns its configuration and network."""
    cfg = config(model, folder, *overrides)
    network = built(cfg)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(7)
        for weight in network.parameters():
            if weight.requires_grad:
                weight.add_(0.2 * torch.randn(weight.shape))
    export(cfg, network.eval(), tiny_tokenizer(), path, SCORES)
    return cfg, network


def loaded(model, path, *overrides):
    """Loads an export as the model; returns its configuration and the network."""
    cfg = config(model, path, *overrides, f"model.path={path}")
    check_export(cfg)
    return cfg, built(cfg)


def built(cfg):
    return instantiate(cfg.model.network)(
        tokenizer=tiny_tokenizer(), documents=documents(), seed=0
    ).eval()


def our_scores(cfg, network):
    """Scores of all pairs, without the temperature."""
    settings = cfg.model.tokens
    queries, texts = (
        ragged(
            TextTokenizer(
                tiny_tokenizer(),
                max_length=settings[f"{side}_length"],
                prefix=settings[f"{side}_prefix"],
                special_tokens=settings.special_tokens,
            ).encode(TEXTS[place])
        )
        for place, side in enumerate(("query", "document"))
    )
    shape = len(TEXTS[0]), len(TEXTS[1])
    nothing = torch.zeros(shape)
    batch = Batch(
        queries,
        texts,
        nothing,
        nothing,
        nothing,
        torch.ones(shape, dtype=torch.bool),
        *[nothing] * 5,
    )
    with torch.inference_mode():
        return network.scores(batch) * network.temperature
