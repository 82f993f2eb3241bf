"""A model of MiniLM's shape with random weights, and made-up collections in its vocabulary.

The speed of a network does not depend on its weights or on what texts mean, so that nothing has to
be downloaded.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FRAME = 2  # special tokens of a text


class Scale(NamedTuple):
    """How large the work is.

    Attributes:
        layers: of the model.
        width: of its vectors; a quarter of its inner layers'.
        heads: of its attention.
        vocabulary: tokens.
        batch: queries of a step of a dense model, each with a positive and a negative.
        pairs_batch: queries of a step of a cross-encoder.
        late_batch: queries of a step of late interaction.
        query_length: most tokens of a query.
        document_length: most tokens of a document.
        encoded: documents to encode.
        searched: vectors to search.
        asked: queries to search for.
        steps: timed steps of training.
        repeats: of each measurement.
        product: rows of the matrix whose product is the limit.
    """

    layers: int
    width: int
    heads: int
    vocabulary: int
    batch: int
    pairs_batch: int
    late_batch: int
    query_length: int
    document_length: int
    encoded: int
    searched: int
    asked: int
    steps: int
    repeats: int
    product: int


FULL = Scale(6, 384, 12, 30522, 256, 128, 64, 64, 256, 20_000, 1_000_000, 1000, 10, 3, 8192)
SMALL = Scale(1, 16, 2, 100, 4, 4, 4, 8, 16, 50, 300, 20, 1, 1, 64)


class Material(NamedTuple):
    """Folders to measure with.

    Attributes:
        model: a Hugging Face model and its tokenizer.
        uniform: a collection whose texts all have the most tokens.
        skewed: one whose texts have log-normal lengths.
    """

    model: Path
    uniform: Path
    skewed: Path


def make(scale: Scale, folder: Path) -> Material:
    """Write everything below a folder."""
    material = Material(folder / "model", folder / "uniform", folder / "skewed")
    _write_model(scale, material.model)
    _write_collection(scale, material.uniform, spread=0.0)
    _write_collection(scale, material.skewed, spread=0.6)
    return material


def _write_model(scale: Scale, folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = [f"w{n}" for n in range(scale.vocabulary - len(SPECIAL))]
    backend = Tokenizer(
        models.WordLevel(
            {token: n for n, token in enumerate([*SPECIAL, *words])}, unk_token=SPECIAL[1]
        )
    )
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {f"{token.strip('[]').lower()}_token": token for token in SPECIAL}
    fast: Any = PreTrainedTokenizerFast  # which carries no types
    tokenizer = fast(tokenizer_object=backend, **names)
    config = BertConfig(
        vocab_size=scale.vocabulary,
        hidden_size=scale.width,
        num_hidden_layers=scale.layers,
        num_attention_heads=scale.heads,
        intermediate_size=4 * scale.width,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _write_collection(scale: Scale, folder: Path, *, spread: float) -> None:
    """Write a collection in BEIR layout whose every query has one positive."""
    (folder / "qrels").mkdir(parents=True)
    generator = np.random.default_rng(0)
    # so many that training needs one epoch only
    queries, documents = 20 * scale.batch, max(40 * scale.batch, scale.encoded)
    _write_texts(
        folder / "queries.jsonl", "q", _texts(generator, scale, queries, scale.query_length, spread)
    )
    _write_texts(
        folder / "corpus.jsonl",
        "d",
        _texts(generator, scale, documents, scale.document_length, spread),
    )
    lines = [f"q{n}\td{n}\t1\n" for n in range(queries)]
    held_out = max(1, queries // 10)
    for split, rows in {"test": lines[:held_out], "train": lines[held_out:]}.items():
        header = "query-id\tcorpus-id\tscore\n"
        (folder / "qrels" / f"{split}.tsv").write_text(header + "".join(rows), encoding="utf-8")


def _texts(
    generator: np.random.Generator, scale: Scale, count: int, longest: int, spread: float
) -> Iterator[str]:
    """Yield texts; a third of the longest is their median length, unless all are the longest."""
    most, words = longest - FRAME, scale.vocabulary - len(SPECIAL)
    for _ in range(count):
        length = most if spread == 0 else round(most / 3 * np.exp(spread * generator.normal()))
        yield " ".join(f"w{n}" for n in generator.integers(0, words, min(max(length, 2), most)))


def _write_texts(path: Path, prefix: str, texts: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for n, text in enumerate(texts):
            file.write(json.dumps({"_id": f"{prefix}{n}", "title": "", "text": text}) + "\n")
