"""Builders of the networks that conf/model/*.yaml names. All take the same three things: tokenizer, documents, seed."""

from pathlib import Path

import torch
from torch import Tensor, nn

from data import TextTokenizer, TokenStore
from data.packaged_weights import resolve
from errors import InputError
from lightning_modules.dense_retriever import DenseRetriever
from lightning_modules.seeding import seeded
from lightning_modules.static_encoder import StaticEncoder, inverse_document_frequency
from lightning_modules.transformer_encoder import TransformerEncoder


def build_static_retriever(
    *, dimensions: int, similarity: str, temperature: float, tokenizer: TextTokenizer, documents: TokenStore, seed: int
) -> DenseRetriever:
    """Builds a dense retriever over bags of token vectors, shared by queries and documents.

    Args:
        dimensions: size D of the vectors.
        similarity: cosine or dot.
        temperature: divides the scores.
        tokenizer: gives the vocabulary.
        documents: token ids of the collection, counted for the initial token weights.
        seed: of the initial token vectors.
    """
    idf = inverse_document_frequency(_document_frequency(documents, tokenizer.vocabulary_size), len(documents))
    encoder = StaticEncoder(idf, dimensions, torch.Generator().manual_seed(seed))
    return DenseRetriever(encoder, similarity=similarity, temperature=temperature)


def build_dense_retriever(
    *,
    path: str,
    pooling: str,
    num_hidden_layers: int | None,
    shared: bool,
    similarity: str,
    temperature: float,
    tokenizer: TextTokenizer,
    documents: TokenStore,
    seed: int,
) -> DenseRetriever:
    """Builds a dense retriever from a Hugging Face encoder.

    Args:
        path: hub name or local folder, or `packaged:minilm`.
        pooling: mean, cls or max.
        num_hidden_layers: keep only the first n layers; None keeps all.
        shared: one encoder for queries and documents, or (False) two that start equal.
        similarity: cosine or dot.
        temperature: divides the scores.
        tokenizer: gives the padding id.
        documents: not read; other networks start from their statistics.
        seed: of weights that the folder does not hold.

    Raises:
        InputError: if there is no such encoder, or it has no weights or fewer layers.
    """
    del documents
    towers = [
        TransformerEncoder(_backbone(path, num_hidden_layers, seed), pooling=pooling, pad_id=tokenizer.pad_id)
        for _ in range(1 if shared else 2)
    ]
    return DenseRetriever(towers[0], document_encoder=None if shared else towers[1], similarity=similarity, temperature=temperature)


def _document_frequency(documents: TokenStore, vocabulary_size: int, block: int = 4096) -> Tensor:
    counts = torch.zeros(vocabulary_size, dtype=torch.long)
    for start in range(0, len(documents), block):
        tokens = documents.tokens(range(start, min(start + block, len(documents))))
        text = torch.repeat_interleave(torch.arange(len(tokens.offsets) - 1), tokens.offsets.diff())
        distinct = torch.unique(text * vocabulary_size + tokens.ids)
        counts += torch.bincount(distinct % vocabulary_size, minlength=vocabulary_size)
    return counts


def _backbone(path: str, num_hidden_layers: int | None, seed: int) -> nn.Module:
    from transformers import AutoConfig, AutoModel

    folder = resolve(path)
    try:
        config = AutoConfig.from_pretrained(folder)
        if num_hidden_layers is not None:
            _check_layers(path, num_hidden_layers, config.num_hidden_layers)
            config.num_hidden_layers = num_hidden_layers
        with seeded(seed):
            backbone: nn.Module = AutoModel.from_pretrained(folder, config=config)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        where = (
            "the folder exists but cannot be loaded"
            if Path(folder).is_dir()
            else "it is neither a folder nor a model that can be downloaded"
        )
        raise InputError(
            f"model.path={path}: {where} ({str(error).splitlines()[0]}). Give a folder with config.json and model.safetensors."
        ) from error
    return backbone


def _check_layers(path: str, wanted: int, present: int) -> None:
    if not 1 <= wanted <= present:
        raise InputError(f"model.network.num_hidden_layers={wanted}: {path} has {present} layers; use 1 to {present}, or null for all.")
