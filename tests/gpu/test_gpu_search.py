"""Search and encoding on a GPU: the vectors, documents and scores of a CPU."""

import warnings

import numpy as np
import pytest
import torch
from devices import DEVICES, needs_gpu
from torch.nn.functional import normalize

from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import load_inputs
from evaluation.dense_search import encoded
from evaluation.exact_search import exact_top_k

TORCH_NAME = {"cpu": "cpu", "gpu": "cuda"}
QUERIES, DOCUMENTS, DIMENSIONS, DEPTH = 50, 20_000, 64, 100
BLOCK = 1000


@pytest.fixture(scope="module")
def vectors():
    generator = torch.Generator().manual_seed(0)
    return [
        normalize(torch.randn(n, DIMENSIONS, generator=generator)) for n in (QUERIES, DOCUMENTS)
    ]


@pytest.mark.parametrize("accelerator", DEVICES)
def test_the_best_documents_are_those_of_a_cpu(accelerator, vectors):
    queries, documents = vectors
    scores, rows = exact_top_k(queries, documents, DEPTH)
    there, their_rows = exact_top_k(
        queries, documents, DEPTH, block=BLOCK, device=TORCH_NAME[accelerator]
    )
    np.testing.assert_allclose(there, scores, atol=1e-5)
    # neighbours whose scores differ in the last bits may change places
    assert (their_rows == rows).mean() > 0.98
    assert all(len(set(row)) == DEPTH for row in their_rows)


@pytest.mark.parametrize("accelerator", DEVICES)
def test_ties_are_ordered_by_row(accelerator):
    documents = torch.ones(5000, 4)
    _, rows = exact_top_k(torch.ones(3, 4), documents, 7, device=TORCH_NAME[accelerator])
    assert rows.tolist() == [list(range(7))] * 3


@needs_gpu
def test_a_search_waits_for_the_gpu_once_a_block(vectors):
    queries, documents = (each.cuda() for each in vectors)

    def search():
        exact_top_k(queries, documents, DEPTH, block=BLOCK, device="cuda")

    search()  # libraries are initialised, which waits
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            search()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    waits = [each for each in said if "synchronizing" in str(each.message)]
    at_the_ends = 4  # are queries and documents finite; scores and rows
    assert len(waits) <= DOCUMENTS // BLOCK + at_the_ends


@pytest.mark.parametrize("accelerator", DEVICES)
@pytest.mark.parametrize("model", ["static", "adapter", "minilm"])
def test_the_vectors_of_an_index_are_those_of_a_cpu(model, accelerator, config_of):
    cfg = config_of(model)
    corpus = load_inputs(cfg).tokenised.corpus
    network = build_network(cfg, load_inputs(cfg).tokenised).eval()
    expected = encoded(network, corpus, batch_tokens=512)
    there = encoded(network.to(TORCH_NAME[accelerator]), corpus, batch_tokens=128)
    np.testing.assert_allclose(there, expected, atol=1e-5)
