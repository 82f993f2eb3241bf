"""The builder of adapters that conf/model/adapter.yaml names."""

from itertools import count
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from data import VectorStore
from errors import InputError
from lightning_modules.layers.residual_head import Head, Identity, new_head, saved_head
from lightning_modules.loading.frozen import FrozenEncoder
from lightning_modules.loading.saved import is_export, read_dense
from lightning_modules.networks.adapter_encoder import AdapterEncoder
from lightning_modules.networks.dense_retriever import DenseRetriever

SIDES = ("shared", "separate", "queries", "documents")
QUERY, DOCUMENT = "query", "document"


def build_adapter(
    *,
    path: str,
    pooling: str,
    sides: str,
    head: str,
    width: int | None,
    similarity: str,
    temperature: float,
    query_length: int,
    document_length: int,
    tokenizer: PreTrainedTokenizerFast | None,
    documents: VectorStore,
    seed: int,
) -> DenseRetriever:
    """Build a dense retriever whose encoder is frozen and whose head is trained.

    Args:
        path: of the encoder: hub name, local folder or `packaged:minilm`; or an export, whose head
            is continued.
        pooling: mean, cls, max or last.
        sides: whose vectors the head changes: shared (one head for queries and documents), separate
            (a head each), queries or documents (the other side stays as it is).
        head: linear or two_layer.
        width: of a linear head its rank, None: full; of a two-layer head its inner size, None: that
            of the vectors.
        similarity: cosine or dot.
        temperature: divides the scores.
        query_length: tokens of a query.
        document_length: tokens of a document.
        tokenizer: the encoder's; None: the vectors came from outside.
        documents: the vectors of the collection's documents.
        seed: of the head's random weights.

    Raises:
        InputError: for a value out of its range, or an export of another model.
    """
    if sides not in SIDES:
        raise InputError(f"model.network.sides={sides}: must be one of {', '.join(SIDES)}.")
    lengths = {"query_length": query_length, "document_length": document_length}
    base = None if tokenizer is None else FrozenEncoder(path, pooling, tokenizer, lengths)
    generator = torch.Generator().manual_seed(seed)

    def tower(side: str, *, trained: bool = True) -> AdapterEncoder:
        # drawn always, so that the values of a head are checked on every path
        drawn = new_head(head, width, documents.dimensions, generator)
        if not trained:
            drawn = Identity(documents.dimensions)
        elif is_export(path):
            drawn = _saved(path, side, head, width)
        return AdapterEncoder(drawn, source=documents.source, base=base)

    return DenseRetriever(
        tower(QUERY, trained=sides != "documents"),
        document_encoder=None if sides == "shared" else tower(DOCUMENT, trained=sides != "queries"),
        similarity=similarity,
        temperature=temperature,
    )


def _saved(path: str, side: str, kind: str, width: int | None) -> Head:
    """Return the head in an export, of both sides or of one."""
    folder = Path(path)
    routed = next(folder.glob("*_Router"), None)
    layers: list[Tensor] = []
    for place in count(2 if routed is None else 0):  # after the encoder and its pooling
        own = folder / f"{place}_Dense" if routed is None else routed / f"{side}_{place}_Dense"
        if not own.is_dir():
            break
        layers.append(read_dense(path, own / "model.safetensors"))
    if len(layers) != (2 if kind == "two_layer" else 1):
        raise InputError(
            f"model.path={path} does not hold an exported adapter with model.network.head={kind}. "
            "Give the folder of one, or an encoder."
        )
    return saved_head(kind, width, layers)
