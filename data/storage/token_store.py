"""Token ids of many texts in a memory-mapped file, computed once.

Training, encoding and evaluation all read the same ids and tokenise nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from data.storage.ragged import Ragged, offsets_of
from data.tokenizers.tokens import Tokens
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from data.storage.cache import Cache
    from data.tokenizers.tokenizer import TextTokenizer

VERSION = 1
# texts tokenised at once: bounds the memory, and is enough to keep every core of the tokenizer busy
CHUNK = 4096


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Token ids of n texts, in the order of the texts.

    Attributes:
        ragged: the ids, uint16 where the vocabulary allows it and int32 otherwise, memory-mapped.
    """

    ragged: Ragged

    def __len__(self) -> int:
        return len(self.ragged.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each text [n]."""
        return self.ragged.lengths

    def tokens(self, rows: Sequence[int] | NDArray[np.int64]) -> Tokens:
        """Return the token ids of the texts at `rows` [m], in that order."""
        from torch import from_numpy

        taken = self.ragged.take(np.asarray(rows, dtype=np.int64))
        return Tokens(from_numpy(taken.values.astype(np.int64)), from_numpy(taken.offsets))


def build_token_store(
    texts: Iterable[str],
    *,
    fingerprint: str,
    tokenizer: TextTokenizer,
    cache: Cache,
    total: int | None = None,
) -> TokenStore:
    """Return the token store of some texts: read from the cache, or tokenised into it first.

    Args:
        texts: the texts in order, streamed; read only when the store must be built.
        fingerprint: hash of the texts (`Collection.documents_fingerprint`, `text_fingerprint`).
        tokenizer: gives the ids.
        cache: where the store is kept.
        total: number of texts, for the progress bar.
    """

    def build(folder: Path) -> None:
        dtype = _dtype(tokenizer)
        lengths = [np.zeros(0, dtype=np.int64)]
        with (folder / "ids.bin").open("wb") as file:
            for ids in track(
                _tokenised(texts, tokenizer),
                "Tokenising",
                total=None if total is None else -(-total // CHUNK),
            ):
                lengths.append(np.fromiter(map(len, ids), np.int64, len(ids)))
                file.write(
                    np.fromiter(chain.from_iterable(ids), dtype, int(lengths[-1].sum())).data
                )
        np.save(folder / "offsets.npy", offsets_of(np.concatenate(lengths)))

    key = {"texts": fingerprint, "version": VERSION, **tokenizer.key}
    return _open(cache.folder("tokens", key, build), _dtype(tokenizer))


def text_fingerprint(texts: Iterable[str]) -> str:
    """Return the hash of a sequence of texts."""
    digest = blake2b(digest_size=16)
    for text in texts:
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()


def _open(folder: Path, dtype: type[np.unsignedinteger | np.signedinteger]) -> TokenStore:
    offsets = np.load(folder / "offsets.npy", mmap_mode="r", allow_pickle=False)
    # an empty file cannot be mapped
    ids = (
        np.memmap(folder / "ids.bin", dtype=dtype, mode="r")
        if offsets[-1]
        else np.zeros(0, dtype=dtype)
    )
    return TokenStore(Ragged(ids, offsets))


def _dtype(tokenizer: TextTokenizer) -> type[np.unsignedinteger | np.signedinteger]:
    return np.uint16 if tokenizer.vocabulary_size <= np.iinfo(np.uint16).max + 1 else np.int32


def _tokenised(texts: Iterable[str], tokenizer: TextTokenizer) -> Iterator[list[list[int]]]:
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield tokenizer.encode(chunk)
