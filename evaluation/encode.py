"""Vectors of all texts of a token store, in bounded memory.

Texts are encoded longest first within large windows, so that the texts of a batch have nearly equal
lengths and padding costs next to nothing. Windows are sorted, not the whole store, so that a
collection of any size is read, and its vectors are written, in neighbouring pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

import checks
from data.storage.new_array import new_array
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray
    from torch import Tensor

    from data.storage.text_inputs import TextInputs
    from data.tokenizers.tokens import Tokens

WINDOW = 1 << 16  # texts sorted by length at a time


def encode_store(
    store: TextInputs,
    encode: Callable[[Tokens], Tensor],
    *,
    batch_tokens: int,
    rows: range | None = None,
    path: Path | None = None,
    dtype: DTypeLike = np.float32,
    description: str = "Encoding",
) -> NDArray[np.floating]:
    """Encode every text of a store, or a run of them.

    Args:
        store: the texts.
        encode: tokens of m texts to vectors [m, D]; called without gradients.
        batch_tokens: upper bound of texts x longest text in a call, that is, of the tokens with
            padding. A longer text is encoded alone.
        rows: the n texts to encode, neighbours, at least one; None: all. Runs that begin at a
            multiple of WINDOW and are encoded one by one give the vectors of the whole to the last
            bit.
        path: the memory-mapped .npy file for the vectors; None keeps them in memory.
        dtype: type of the result.
        description: text of the progress bar.

    Returns:
        Vectors of the n texts in the order of the store [n, D].

    Raises:
        InputError: when `batch_tokens` is less than 1.
        OSError: the disk has too little room for the file.
    """
    checks.integer("evaluation.batch_tokens", batch_tokens, 1)
    rows = range(len(store)) if rows is None else rows
    if not rows:
        raise ValueError("a store without texts has no vectors")
    batches = list(_batches(store.lengths[rows.start : rows.stop], batch_tokens))
    with torch.inference_mode():
        vectors: NDArray[np.floating] | None = None
        for batch in track(batches, description):
            part = encode(store.tokens(rows.start + batch)).float().cpu().numpy()
            if vectors is None:  # only now the dimension is known
                vectors = _allocate((len(rows), part.shape[1]), path, dtype)
            vectors[batch] = part
    assert vectors is not None
    return vectors


def _batches(lengths: NDArray[np.int64], batch_tokens: int) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of each batch, longest text first within a window."""
    for start in range(0, len(lengths), WINDOW):
        order = start + np.argsort(-lengths[start : start + WINDOW], kind="stable")
        first = 0
        while first < len(order):
            size = max(1, batch_tokens // max(1, int(lengths[order[first]])))
            yield order[first : first + size]
            first += size


def _allocate(shape: tuple[int, int], path: Path | None, dtype: DTypeLike) -> NDArray[np.floating]:
    return np.empty(shape, dtype) if path is None else new_array(path, dtype, shape)
