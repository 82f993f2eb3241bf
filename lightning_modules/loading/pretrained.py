"""Networks loaded from a folder without a configuration: a noise encoder or a judge of pairs.

An export of this project records how it was trained (`retrieval.json`); a Hugging Face folder does
not.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerFast

from data import TextTokenizer
from data.tokenizers.pretrained_tokenizer import pretrained_tokenizer
from errors import InputError
from lightning_modules.layers.pair_template import PairTemplate
from lightning_modules.loading.backbone import (
    check_length,
    check_tokenizer,
    load_backbone,
    loaded,
    positions,
)
from lightning_modules.loading.saved import RECORD, is_export, read_linear, read_record, read_static
from lightning_modules.networks.cross_encoder import CrossEncoder
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.static_encoder import StaticEncoder
from lightning_modules.networks.transformer_encoder import TransformerEncoder

if TYPE_CHECKING:
    from lightning_modules.networks.text_encoder import TextEncoder

PAIR_LENGTH = 512
"""Tokens of a pair for a classifier that does not say how it was trained."""

KINDS = {
    "lightning_modules.build_dense_retriever": "a dense retriever",
    "lightning_modules.build_static_retriever": "a static retriever",
    "lightning_modules.build_late_interaction_retriever": (
        "a late-interaction retriever, with a vector for each token and none for a text"
    ),
    "lightning_modules.build_adapter": "an adapter",
    "lightning_modules.build_cross_encoder": (
        "a cross-encoder, which scores pairs and has no vector for a text"
    ),
}
DENSE, STATIC, _LATE, _ADAPTER, CROSS_ENCODER = KINDS


class PretrainedRetriever(NamedTuple):
    """A retriever of one vector a text, in evaluation mode.

    Attributes:
        network: encodes tokens.
        queries: gives the tokens of queries.
        documents: gives the tokens of documents.
    """

    network: DenseRetriever
    queries: TextTokenizer
    documents: TextTokenizer


class PretrainedCrossEncoder(NamedTuple):
    """A cross-encoder in evaluation mode.

    Attributes:
        network: scores pairs of tokens.
        queries: gives the tokens of queries.
        documents: gives the tokens of documents.
    """

    network: CrossEncoder
    queries: TextTokenizer
    documents: TextTokenizer


def exported_retriever(path: str) -> PretrainedRetriever:
    """Read an export of a dense or static retriever.

    Args:
        path: the folder.

    Raises:
        InputError: it is no export, or one of a model without a single vector a text; or its files
            are damaged.
    """
    if not is_export(path):
        raise InputError(
            f"model.path={path} is not the folder of an export: it holds no {RECORD}. Make one "
            "with export=true."
        )
    record = read_record(path)
    kind = record["model.network._target_"]
    if kind not in {DENSE, STATIC}:
        raise InputError(
            f"model.path={path} holds {KINDS.get(kind, kind)}. Give an export of a dense or static "
            "retriever (model=minilm, model=static)."
        )
    tokenizer = pretrained_tokenizer(path)
    encoder: TextEncoder
    if kind == STATIC:
        vectors = read_static(path)
        encoder = StaticEncoder(vectors, torch.ones(len(vectors)))
    else:
        encoder = _transformer(path, tokenizer, record["model.network.pooling"])
    network = DenseRetriever(
        encoder,
        similarity=record["model.network.similarity"],
        temperature=float(record["model.network.temperature"]),
    )
    return PretrainedRetriever(network.float().eval(), *_tokenizers(tokenizer, record))


def transformer_retriever(path: str, *, pooling: str, max_length: int) -> PretrainedRetriever:
    """Read a Hugging Face encoder; queries and documents are treated alike.

    Args:
        path: folder, hub name or `packaged:minilm`.
        pooling: mean, cls, max or last.
        max_length: most tokens of a text.

    Raises:
        InputError: there is no such encoder, its weights are missing, truncated or incomplete, or
            it has fewer positions.
    """
    tokenizer = pretrained_tokenizer(path)
    encoder = _transformer(path, tokenizer, pooling)
    check_length("model.max_length", max_length, encoder.backbone, path)
    network = DenseRetriever(encoder, similarity="cosine", temperature=1.0)
    texts = TextTokenizer(tokenizer, max_length=max_length)
    return PretrainedRetriever(network.float().eval(), texts, texts)


def pretrained_cross_encoder(path: str) -> PretrainedCrossEncoder:
    """Read an exported cross-encoder or a Hugging Face sequence classifier of one class.

    Args:
        path: folder or hub name.

    Raises:
        InputError: it holds something else, or its weights, those of the classifier included, are
            missing, truncated or incomplete.
    """
    from transformers import AutoModelForSequenceClassification

    record = read_record(path) if is_export(path) else None
    if record is not None and record["model.network._target_"] != CROSS_ENCODER:
        kind = KINDS[record["model.network._target_"]].partition(",")[0]
        raise InputError(
            f"model.path={path} holds {kind}, not a cross-encoder. Give an export of one "
            "(model=cross_encoder)."
        )
    tokenizer = pretrained_tokenizer(path)
    classifier = loaded(
        AutoModelForSequenceClassification,
        path,
        num_hidden_layers=None,
        seed=0,
        whole=True,
        num_labels=1,
    )
    check_tokenizer(tokenizer, classifier.base_model, path)
    if record is None:
        record = _usual_lengths(min(PAIR_LENGTH, positions(classifier.base_model) or PAIR_LENGTH))
    network = CrossEncoder(
        classifier,
        PairTemplate.of(tokenizer),
        pad_id=tokenizer.pad_token_id or 0,
        pair_length=record["model.network.pair_length"],
        temperature=1.0,
    )
    return PretrainedCrossEncoder(network.float().eval(), *_tokenizers(tokenizer, record))


def _transformer(path: str, tokenizer: PreTrainedTokenizerFast, pooling: str) -> TransformerEncoder:
    backbone = load_backbone(path, num_hidden_layers=None, seed=0)
    check_tokenizer(tokenizer, backbone, path)
    weight = read_linear(path)
    linear = None
    if weight is not None:
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        linear.weight = torch.nn.Parameter(weight)
    return TransformerEncoder(
        backbone, pooling=pooling, pad_id=tokenizer.pad_token_id or 0, projection=linear
    )


def _tokenizers(tokenizer: PreTrainedTokenizerFast, record: dict[str, Any]) -> list[TextTokenizer]:
    return [
        TextTokenizer(
            tokenizer,
            max_length=record[f"model.tokens.{side}_length"],
            prefix=record[f"model.tokens.{side}_prefix"],
            special_tokens=record["model.tokens.special_tokens"],
        )
        for side in ("query", "document")
    ]


def _usual_lengths(pair_length: int) -> dict[str, Any]:
    return {
        "model.network.pair_length": pair_length,
        "model.tokens.query_length": pair_length // 2,
        "model.tokens.document_length": pair_length,
        "model.tokens.query_prefix": "",
        "model.tokens.document_prefix": "",
        "model.tokens.special_tokens": False,
    }
