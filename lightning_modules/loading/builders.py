"""Builders of the networks in conf/model/*.yaml; all take tokenizer, documents and seed."""

import string
from typing import Any

from torch import nn
from transformers import PreTrainedTokenizerFast

from data import TokenStore
from errors import InputError
from lightning_modules.layers.pair_template import PairTemplate
from lightning_modules.loading.adaptation import Adaptation
from lightning_modules.loading.backbone import (
    check_length,
    check_tokenizer,
    load_backbone,
    loaded,
)
from lightning_modules.loading.saved import check_same, read_linear
from lightning_modules.networks.cross_encoder import CrossEncoder
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.late_interaction import LateInteractionRetriever
from lightning_modules.networks.transformer_encoder import TransformerEncoder
from lightning_modules.training.seeding import seeded


def build_dense_retriever(
    *,
    path: str,
    pooling: str,
    projection: int | None,
    num_hidden_layers: int | None,
    shared: bool,
    similarity: str,
    temperature: float,
    adaptation: Adaptation,
    query_length: int,
    document_length: int,
    tokenizer: PreTrainedTokenizerFast,
    documents: TokenStore,
    seed: int,
) -> DenseRetriever:
    """Build a dense retriever from a Hugging Face encoder.

    Args:
        path: hub name or local folder, or `packaged:minilm`.
        pooling: mean, cls, max or last.
        projection: size D of the vectors; None: that of the encoder's states.
        num_hidden_layers: keep only the first n layers; None keeps all.
        shared: one encoder for queries and documents, or (False) two that start equal.
        similarity: cosine or dot.
        temperature: divides the scores.
        adaptation: which weights are trained.
        query_length: tokens of a query.
        document_length: tokens of a document.
        tokenizer: gives the padding id.
        documents: not read; other networks start from their statistics.
        seed: of weights that the folder does not hold.

    Raises:
        InputError: if there is no such encoder, it has not all weights, fewer layers or positions,
            or another vocabulary.
    """
    del documents
    lengths = {"query_length": query_length, "document_length": document_length}

    def tower() -> TransformerEncoder:
        backbone = _checked_backbone(path, num_hidden_layers, tokenizer, lengths, seed)
        linear = (
            None
            if projection is None
            else _linear(path, backbone.config.hidden_size, projection, seed)
        )
        return TransformerEncoder(
            adaptation.of(backbone, seed),
            pooling=pooling,
            pad_id=tokenizer.pad_token_id or 0,
            projection=linear,
            recompute=adaptation.recompute == "chunks",
        )

    return DenseRetriever(
        tower(),
        document_encoder=None if shared else tower(),
        similarity=similarity,
        temperature=temperature,
    )


def build_late_interaction_retriever(
    *,
    path: str,
    projection: int,
    num_hidden_layers: int | None,
    augment_queries: bool,
    skip_punctuation: bool,
    temperature: float,
    adaptation: Adaptation,
    query_length: int,
    document_length: int,
    tokenizer: PreTrainedTokenizerFast,
    documents: TokenStore,
    seed: int,
) -> LateInteractionRetriever:
    """Build a late-interaction retriever from a Hugging Face encoder.

    Args:
        path: hub name or local folder, or `packaged:minilm`.
        projection: size D of the token vectors.
        num_hidden_layers: keep only the first n layers; None keeps all.
        augment_queries: fill queries up with mask tokens to `query_length`.
        skip_punctuation: punctuation of documents does not count in the score.
        temperature: divides the scores.
        adaptation: which weights are trained.
        query_length: tokens of a query.
        document_length: tokens of a document.
        tokenizer: gives padding, mask and punctuation ids.
        documents: not read.
        seed: of the projection.

    Raises:
        InputError: as `build_dense_retriever`; or the tokenizer has no mask token.
    """
    del documents
    if augment_queries and tokenizer.mask_token_id is None:
        raise InputError(
            f"model.network.augment_queries=true: the tokenizer of {path} has no mask token; set "
            "it to false."
        )
    lengths = {"query_length": query_length, "document_length": document_length}
    backbone = _checked_backbone(path, num_hidden_layers, tokenizer, lengths, seed)
    return LateInteractionRetriever(
        adaptation.of(backbone, seed),
        _linear(path, backbone.config.hidden_size, projection, seed),
        pad_id=tokenizer.pad_token_id or 0,
        mask_id=tokenizer.mask_token_id or 0,
        query_length=query_length if augment_queries else None,
        skipped=punctuation(tokenizer) if skip_punctuation else {},
        temperature=temperature,
        recompute=adaptation.recompute == "chunks",
    )


def build_cross_encoder(
    *,
    path: str,
    num_hidden_layers: int | None,
    pair_length: int,
    temperature: float,
    adaptation: Adaptation,
    tokenizer: PreTrainedTokenizerFast,
    documents: TokenStore,
    seed: int,
) -> CrossEncoder:
    """Build a cross-encoder from a Hugging Face encoder or sequence classifier.

    Args:
        path: hub name or local folder, or `packaged:minilm`.
        num_hidden_layers: keep only the first n layers; None keeps all.
        pair_length: most tokens of a pair, special ones included.
        temperature: divides the scores.
        adaptation: which weights of the encoder are trained; the classifier's always are.
        tokenizer: tells how two texts are joined.
        documents: not read.
        seed: of the classifier's weights, unless the folder holds them.

    Raises:
        InputError: as `build_dense_retriever`.
    """
    from transformers import AutoModelForSequenceClassification

    del documents
    classifier = loaded(
        AutoModelForSequenceClassification,
        path,
        num_hidden_layers=num_hidden_layers,
        seed=seed,
        num_labels=1,
    )
    encoder = classifier.base_model
    check_length("model.network.pair_length", pair_length, encoder, path)
    check_tokenizer(tokenizer, encoder, path)
    setattr(classifier, classifier.base_model_prefix, adaptation.of(encoder, seed))
    return CrossEncoder(
        classifier,
        PairTemplate.of(tokenizer),
        pad_id=tokenizer.pad_token_id or 0,
        pair_length=pair_length,
        temperature=temperature,
        recompute=adaptation.recompute == "chunks",
    )


def punctuation(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    """Return the punctuation marks that are separate tokens, and their ids."""
    ids = {mark: tokenizer.convert_tokens_to_ids(mark) for mark in string.punctuation}
    return {
        mark: token
        for mark, token in ids.items()
        if isinstance(token, int) and token != tokenizer.unk_token_id
    }


def _checked_backbone(
    path: str,
    num_hidden_layers: int | None,
    tokenizer: PreTrainedTokenizerFast,
    lengths: dict[str, int],
    seed: int,
) -> Any:
    backbone = load_backbone(path, num_hidden_layers=num_hidden_layers, seed=seed)
    check_tokenizer(tokenizer, backbone, path)
    for name, length in lengths.items():
        check_length(f"model.tokens.{name}", length, backbone, path)
    return backbone


def _linear(path: str, inputs: int, outputs: int, seed: int) -> nn.Linear:
    """Return the projection that an export holds, or a random one."""
    with seeded(seed):
        linear = nn.Linear(inputs, outputs, bias=False)
    weight = read_linear(path)
    if weight is not None:
        check_same(path, {"model.network.projection": (weight.shape[0], outputs)})
        linear.weight = nn.Parameter(weight)
    return linear
