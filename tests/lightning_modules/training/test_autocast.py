"""Similarities under half precision, whose rounding a low temperature would multiply."""

import torch
from torch.nn.functional import normalize

from lightning_modules.layers.autocast import without_autocast
from lightning_modules.layers.token_vectors import TokenVectors, maxsim
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.static_encoder import StaticEncoder


def vectors(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(count, 64, generator=generator), dim=-1)


def test_similarities_of_vectors_are_in_single_precision():
    network = DenseRetriever(
        StaticEncoder(torch.zeros(1, 1), torch.ones(1)), similarity="dot", temperature=1.0
    )
    queries, documents = vectors(4, 0), vectors(6, 1)
    expected = network.similarities(queries, documents)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(network.similarities(queries, documents), expected)
        assert network.similarities(queries.bfloat16(), documents.bfloat16()).dtype == torch.float32
    assert network.similarities(queries.double(), documents.double()).dtype == torch.float64


def test_the_sum_of_matches_is_in_single_precision():
    offsets = torch.arange(0, 321, 32)
    queries = TokenVectors(normalize(vectors(320, 0).abs(), dim=-1), offsets)
    expected = maxsim(queries, queries)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = maxsim(queries, queries)
    # a sum in bfloat16 would be a multiple of an eighth
    torch.testing.assert_close(rounded, expected, atol=0.02, rtol=0)


def test_a_device_without_autocast_needs_none_switched_off():
    with without_autocast(torch.device("meta")):
        assert torch.zeros(2, device="meta").device.type == "meta"
