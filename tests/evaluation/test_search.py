"""Exact search and encoding."""

import gc

import numpy as np
import pytest
import torch
from device_waits import Waits
from fake_device import fake_device
from hypothesis import given, settings
from hypothesis import strategies as st

from data import Ragged, TokenStore
from data.storage.ragged import offsets_of
from errors import InputError
from evaluation import encode as encode_module
from evaluation import exact_search
from evaluation.encode import encode_store
from evaluation.exact_search import exact_top_k, merge


def full_sort(queries: np.ndarray, documents: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The definition: all similarities, sorted by score descending, then by row."""
    scores = queries @ documents.T
    rows = np.array([np.lexsort((np.arange(len(documents)), -row)) for row in scores])[:, :k]
    return np.take_along_axis(scores, rows, axis=1), rows


@st.composite
def searches(draw):
    """Small integer vectors: products are exact in float32 and most of them tie."""
    n, q, d = draw(st.integers(1, 40)), draw(st.integers(1, 7)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    largest = draw(st.integers(0, 2))
    documents = rng.integers(-largest, largest + 1, (n, d)).astype(np.float32)
    if draw(st.booleans()):
        # rising scores: each block replaces what came before
        documents = documents[np.argsort(documents.sum(axis=1))]
    return (
        rng.integers(-2, 3, (q, d)).astype(np.float32),
        documents,
        draw(st.integers(1, 50)),
        draw(st.integers(1, 50)),
    )


@given(searches())
@settings(max_examples=300, deadline=None)
def test_search_is_a_full_sort(case):
    queries, documents, k, block = case
    scores, rows = exact_top_k(queries, documents, k, block=block)
    expected_scores, expected_rows = full_sort(queries, documents, k)
    assert rows.tolist() == expected_rows.tolist()
    assert scores.tolist() == expected_scores.tolist()


def test_blocks_of_queries(monkeypatch):
    rng = np.random.default_rng(0)
    queries, documents = (
        rng.integers(-2, 3, (23, 2)).astype(np.float32),
        rng.integers(-2, 3, (60, 2)).astype(np.float32),
    )
    monkeypatch.setattr(exact_search, "QUERY_BLOCK", 5)
    assert (
        exact_top_k(queries, documents, 7, block=9)[1].tolist()
        == full_sort(queries, documents, 7)[1].tolist()
    )


def test_a_search_keeps_no_memory_for_the_blocks_it_has_seen(monkeypatch):
    """Small tensors that outlived each block split the heap, which grew by gigabytes."""
    rng = np.random.default_rng(0)
    queries, documents = (rng.standard_normal((n, 8)).astype(np.float32) for n in (4, 60))
    tensors, places = [], set()

    def counted(best, scores, first_row):
        tensors.append(sum(type(each) is torch.Tensor for each in gc.get_objects()))
        places.add(scores.data_ptr())
        merge(best, scores, first_row)

    monkeypatch.setattr(exact_search, "merge", counted)
    exact_top_k(queries, documents, 5, block=10)
    assert len(tensors) == 60 // 10
    assert len(set(tensors)) == len(places) == 1


def test_every_kind_of_vectors(tmp_path):
    rng = np.random.default_rng(0)
    queries, documents = (
        rng.standard_normal((4, 8)).astype(np.float32),
        rng.standard_normal((50, 8)).astype(np.float32),
    )
    expected = full_sort(queries, documents, 5)[1].tolist()
    np.save(tmp_path / "vectors.npy", documents)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    parts = (torch.from_numpy(documents[start : start + 13]) for start in range(0, 50, 13))
    for vectors in (
        documents,
        torch.from_numpy(documents),
        mapped,
        parts,
        torch.from_numpy(documents).double(),
    ):
        scores, rows = exact_top_k(torch.from_numpy(queries), vectors, 5, block=8)
        assert rows.tolist() == expected
        assert (scores.dtype, rows.dtype) == (np.float32, np.int64)


def test_half_precision_documents_are_searched_in_single_precision():
    rng = np.random.default_rng(0)
    queries, documents = (
        rng.standard_normal((4, 8)).astype(np.float32),
        rng.standard_normal((50, 8)).astype(np.float16),
    )
    assert (
        exact_top_k(queries, documents, 5)[1].tolist()
        == full_sort(queries, documents.astype(np.float32), 5)[1].tolist()
    )


@pytest.mark.parametrize("rising", [False, True])
def test_search_waits_for_its_device_once_a_block(rising):
    """Also where a block has more documents that enter than are asked for."""
    rng = np.random.default_rng(0)
    queries, documents = (rng.standard_normal((n, 8)).astype(np.float32) for n in (4, 60))
    if rising:
        documents = documents[np.argsort(documents @ queries[0])]
    expected = exact_top_k(queries, documents, 5, block=10)
    with fake_device() as device, Waits() as waits:
        found = exact_top_k(queries, documents, 5, block=10, device=device.name)
    assert all(np.array_equal(*both) for both in zip(found, expected, strict=True))
    assert waits.found == {
        "exact_search.merge": 60 // 10,
        "exact_search.read": 2,  # whether all queries and all documents are finite
        "exact_search.exact_top_k": 2 * 2,  # .cpu().numpy(), of scores and rows
    }


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("side", ["query", "document"])
def test_vectors_that_are_not_finite(value, side):
    queries, documents = np.ones((2, 3), np.float32), np.ones((9, 3), np.float32)
    (queries if side == "query" else documents)[1, 2] = value
    with pytest.raises(InputError, match=rf"the vector of {side} 1 .*optimizer.lr"):
        exact_top_k(queries, documents, 2, block=4)


def test_depth_must_be_positive():
    with pytest.raises(InputError, match=r"evaluation\.depth=0"):
        exact_top_k(np.ones((1, 1)), np.ones((1, 1)), 0)


LENGTHS = np.array([3, 1, 7, 2, 2, 9, 1, 4, 4, 1, 6, 2])
STORE = TokenStore(Ragged(np.arange(LENGTHS.sum(), dtype=np.int32), offsets_of(LENGTHS)))


class Encoder:
    """First token and length of each text; notes the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def __call__(self, tokens):
        self.batches.append(tokens.lengths.tolist())
        return torch.stack([tokens.ids[tokens.offsets[:-1]], tokens.lengths], dim=1).float()


EXPECTED = np.stack([STORE.ragged.offsets[:-1], LENGTHS], axis=1)


@pytest.mark.parametrize("window", [5, 1000])
@pytest.mark.parametrize("batch_tokens", [1, 8, 20, 1000])
def test_encoding_restores_the_order_and_bounds_the_batches(monkeypatch, window, batch_tokens):
    monkeypatch.setattr(encode_module, "WINDOW", window)
    encoder = Encoder()
    assert (encode_store(STORE, encoder, batch_tokens=batch_tokens) == EXPECTED).all()
    assert all(
        len(lengths) * max(lengths) <= batch_tokens or len(lengths) == 1
        for lengths in encoder.batches
    )
    assert all(lengths == sorted(lengths, reverse=True) for lengths in encoder.batches)


def test_encoding_into_a_file(tmp_path):
    path = tmp_path / "vectors.npy"
    encode_store(STORE, Encoder(), batch_tokens=20, path=path, dtype=np.float16)
    written = np.load(path, mmap_mode="r")
    assert written.dtype == np.float16
    assert (written == EXPECTED).all()


def test_batch_tokens_must_be_positive():
    with pytest.raises(InputError, match=r"evaluation\.batch_tokens=0"):
        encode_store(STORE, Encoder(), batch_tokens=0)
