"""Tiny random encoders and ragged batches for the tests of the models."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

from data import Batch, Cache, Tokens, open_folder, train_wordpiece

WORDS = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "i",
    "j",
    "k",
    "l",
    "m",
    "n",
    "o",
    "p",
    "q",
    "r",
    "s",
    "t",
    ".",
    ",",
    "!",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = len(WORDS) + len(SPECIAL)


def tiny_tokenizer():
    backend = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(SPECIAL + WORDS)}, unk_token=SPECIAL[1])
    )
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {f"{token.strip('[]').lower()}_token": token for token in SPECIAL}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names)


def tiny_bert(layers=2, dropout=0.0, positions=32, vocabulary=VOCABULARY):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=vocabulary,
            hidden_size=16,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=positions,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            initializer_range=0.5,
        )
        return BertModel(config, add_pooling_layer=False).eval()


def tiny_roberta():
    config = RobertaConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=34,
    )
    return RobertaModel(config, add_pooling_layer=False)


def save_tiny(folder: Path, **settings) -> str:
    """Writes a tiny BERT and its tokenizer as a Hugging Face folder."""
    tiny_bert(**settings).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return str(folder)


def save_encoder_of(collection: Path, cache: Path, folder: Path, **settings) -> str:
    """Writes a tiny BERT with a vocabulary of the collection's words as a Hugging Face folder."""
    tokenizer = train_wordpiece(
        open_folder(str(collection), cache=Cache(cache)), vocabulary_size=400
    )
    sizes = {"positions": 64, "vocabulary": len(tokenizer)} | settings
    tiny_bert(**sizes).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def save_tiny_classifier(folder: Path) -> str:
    """Writes a tiny BERT with a random one-class classifier as a Hugging Face folder."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = tiny_bert(positions=64).config
        config.num_labels = 1
        BertForSequenceClassification(config).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return str(folder)


def ragged(texts):
    offsets = torch.tensor([0, *(len(text) for text in texts)]).cumsum(0)
    return Tokens(
        torch.tensor([token for text in texts for token in text], dtype=torch.long), offsets
    )


def random_texts(count, seed, longest=7, framed=True):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (count,), generator=generator).tolist()
    texts = [
        torch.randint(5, VOCABULARY, (length,), generator=generator).tolist() for length in lengths
    ]
    return [[2, *text, 3] for text in texts] if framed else texts


def random_batch(queries=5, documents=9, seed=0, framed=True):
    """A batch in which each query has one positive and most documents are candidates."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(queries, documents, generator=generator) < 0.8
    positive = torch.randint(documents, (queries,), generator=generator)
    mask[torch.arange(queries), positive] = True
    targets = torch.zeros(queries, documents).scatter_(1, positive.unsqueeze(1), 1.0)
    return Batch(
        queries=ragged(random_texts(queries, seed + 1, framed=framed)),
        documents=ragged(random_texts(documents, seed + 2, longest=12, framed=framed)),
        query_rows=torch.arange(queries),
        document_rows=torch.arange(documents),
        targets=targets,
        mask=mask,
        own=mask,
        corrupted=torch.zeros(queries, dtype=torch.bool),
        true_columns=torch.full((queries,), -1),
        positive_rows=torch.arange(queries),
        positive_columns=positive,
    )
