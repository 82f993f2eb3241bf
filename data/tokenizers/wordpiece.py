"""A WordPiece vocabulary learnt from the collection.

WordPiece: Schuster and Nakajima, "Japanese and Korean voice search", ICASSP 2012. The tokenizers
library, which learns the vocabulary here, merges by pair frequency.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, cast

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from errors import InputError
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from transformers import PreTrainedTokenizerFast

    from data.collections.collection import Collection

VERSION = 2
UNKNOWN = "[UNK]"
SPECIAL_TOKENS = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")
LONGEST_WORD = 100  # characters; longer words become [UNK], as in BERT
LONG_RUN = re.compile(
    r"[^\s!-/:-@\[-`{-~\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
    rf"{{{LONGEST_WORD + 1},}}"
)
"""Characters in a row that may be a longer word: no space, no punctuation, no ideographs."""

ALPHABET_LIMIT = 1000  # rarer characters become [UNK]; BERT's own limit


def train_wordpiece(collection: Collection, *, vocabulary_size: int) -> PreTrainedTokenizerFast:
    """Return the WordPiece tokenizer of a collection's documents, learnt once and then cached.

    Args:
        collection: its documents are the training text.
        vocabulary_size: number of ids, special tokens and single characters included.

    Raises:
        InputError: when the vocabulary has no room for the collection's characters.
    """
    from transformers import PreTrainedTokenizerFast

    def build(folder: Path) -> None:
        wordpiece = learn_wordpiece(collection.documents.texts, vocabulary_size=vocabulary_size)
        names = {f"{token.strip('[]').lower()}_token": token for token in SPECIAL_TOKENS}
        # theirs
        fast: PreTrainedTokenizerFast = PreTrainedTokenizerFast(tokenizer_object=wordpiece, **names)
        fast.save_pretrained(folder)

    key: dict[str, str | int] = {
        "documents": collection.documents_fingerprint,
        "vocabulary_size": vocabulary_size,
        "version": VERSION,
    }
    return cast(
        "PreTrainedTokenizerFast",
        PreTrainedTokenizerFast.from_pretrained(collection.cache.folder("tokenizers", key, build)),
    )


def learn_wordpiece(texts: Callable[[], Iterable[str]], *, vocabulary_size: int) -> Tokenizer:
    """Learn a lower-case WordPiece vocabulary, the same for the same texts on every machine.

    Args:
        texts: called twice, gives all texts each time; they are streamed.
        vocabulary_size: number of ids, special tokens and single characters included.
    """
    tokenizer = _wordpiece({UNKNOWN: 0})
    alphabet = _alphabet(texts(), tokenizer.normalizer)
    if vocabulary_size <= len(SPECIAL_TOKENS) + 2 * len(alphabet):
        raise InputError(
            f"model.tokenizer.vocabulary_size={vocabulary_size} has no room for words beside "
            f"special tokens and the collection's {len(alphabet)} characters (each alone and as a "
            f"continuation): use more than {len(SPECIAL_TOKENS) + 2 * len(alphabet)}"
        )
    # The library numbers single characters in the order of a randomly seeded hash map and merges
    # equally frequent pairs by number, so that two trainings differ. Listed as special tokens,
    # characters get the numbers of the list; afterwards they are ordinary entries.
    characters = [*alphabet, *(f"##{character}" for character in alphabet)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[*SPECIAL_TOKENS, *characters],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        min_frequency=2,
        show_progress=False,
    )
    reader = _wordpiece({UNKNOWN: 0})  # the tokenizer itself is locked while it is trained
    training_texts = (_without_long_words(text, reader) for text in texts())
    tokenizer.train_from_iterator(track(training_texts, "Learning the vocabulary"), trainer)
    return _wordpiece(tokenizer.get_vocab())


def _without_long_words(text: str, reader: Tokenizer) -> str:
    """Leave out words that become [UNK] anyway: the time that one takes grows with its square."""
    if not LONG_RUN.search(text):
        return text
    words = reader.pre_tokenizer.pre_tokenize_str(reader.normalizer.normalize_str(text))
    return " ".join(word for word, _ in words if len(word) <= LONGEST_WORD)


def _wordpiece(vocabulary: dict[str, int]) -> Tokenizer:
    """Return BERT's uncased pipeline around a vocabulary."""
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=LONGEST_WORD)
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    if "[SEP]" in vocabulary:
        tokenizer.post_processor = processors.BertProcessing(
            ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
        )
    return tokenizer


def _alphabet(texts: Iterable[str], normalizer: normalizers.Normalizer) -> list[str]:
    """Return the most frequent characters after normalisation, in code point order.

    The normaliser works character by character, so each distinct one passes it once.
    """
    raw: Counter[str] = Counter()
    for text in texts:
        raw.update(text)
    counts: Counter[str] = Counter()
    for character, count in raw.items():
        for normalized in normalizer.normalize_str(character):
            counts[normalized] += 0 if normalized.isspace() else count
    ranked = sorted(
        (character for character in counts if counts[character]),
        key=lambda character: (-counts[character], character),
    )
    return sorted(ranked[:ALPHABET_LIMIT])
