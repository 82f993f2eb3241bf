"""The task that stores the document vectors of a collection, for searches with the same weights."""

import hashlib
import json
import logging

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from cells.inputs.tokenised import Tokenised, build_network, tokenise
from cells.inputs.training_inputs import open_collection
from cells.training.device import on_device
from errors import InputError
from evaluation.search_method import Search
from lightning_modules import Network

log = logging.getLogger(__name__)

ENCODING = ("network", "tokenizer", "tokens")
"""Nodes of the model's configuration that affect its vectors."""


def index(cfg: DictConfig) -> None:
    """Encode all documents, or this process's part, into memory-mapped arrays in the cache.

    Parts that are already stored are kept.

    Raises:
        InputError: for a model without single vectors, or configuration or data that cannot be
            used.
    """
    part, parts = cfg.task.part, cfg.task.parts
    if not 0 <= part < parts:
        raise InputError(
            f"task.part={part}: must be at least 0 and below task.parts={parts}, e.g. -m "
            "task.parts=4 task.part=0,1,2,3."
        )
    tokenised = tokenise(cfg, open_collection(cfg))
    search: Search[Network] = instantiate(cfg.model.search)
    network = build_network(cfg, tokenised)
    with on_device(network, cfg.trainer):
        stored = indexed(cfg, search, network, tokenised, slice(part, None, parts))
    if stored is search:
        raise InputError(
            "task=index stores one vector per document: choose a dense model, e.g. model=minilm."
        )
    share = f"part {part} of {parts} of the" if parts > 1 else "the"
    log.info(
        "%s vectors of %d documents are in %s",
        share,
        len(tokenised.documents),
        tokenised.collection.cache.root / "vectors",
    )


def indexed(
    cfg: DictConfig,
    search: Search[Network],
    network: Network,
    tokenised: Tokenised,
    shards: slice = slice(None),
) -> Search[Network]:
    """Return the search over the stored vectors of some shards or all, if it uses vectors."""
    digest = hashlib.blake2b(digest_size=16)
    for name, weight in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().numpy().data)
    model = {node: OmegaConf.to_container(cfg.model[node], resolve=True) for node in ENCODING}
    key = {"model": json.dumps(model, sort_keys=True), "weights": digest.hexdigest()}
    return search.indexed(
        network, tokenised.corpus, key=key, batch_tokens=cfg.evaluation.batch_tokens, shards=shards
    )
