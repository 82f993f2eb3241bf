"""The operations of a network, counted by hand, against torch's count of those it performs."""

import pytest
import torch
from tiny_models import ragged, random_batch, tiny_bert
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training.flop import encoding_flop, training_flop
from benchmarks.training.kernel_profile import REST, grouped
from lightning_modules.networks.dense_retriever import DenseRetriever
from lightning_modules.networks.static_encoder import StaticEncoder
from lightning_modules.networks.transformer_encoder import TransformerEncoder


def test_the_operations_of_texts_of_one_length_are_those_that_torch_counts():
    backbone = tiny_bert(layers=3)
    backbone.set_attn_implementation("eager")  # whose products torch counts on every device
    encoder = TransformerEncoder(backbone, pooling="mean", pad_id=0)
    tokens = ragged([[5] * 9] * 4)
    with FlopCounterMode(display=False) as counted, torch.inference_mode():
        encoder(tokens)
    pooling = 2 * 4 * 9 * 16  # at most; not of a layer
    assert encoding_flop(encoder, tokens.lengths) == pytest.approx(
        counted.get_total_flops(), abs=pooling
    )


def test_a_static_model_adds_a_vector_for_each_token():
    encoder = StaticEncoder(torch.randn(5, 3), torch.ones(5))
    assert encoding_flop(encoder, torch.tensor([3, 4])) == 2 * 3 * 7


def test_a_static_models_step_has_its_similarities_too():
    network = DenseRetriever(
        StaticEncoder(torch.randn(50, 3), torch.ones(50)), similarity="cosine", temperature=1.0
    )
    batch = random_batch()
    tokens = len(batch.queries.ids) + len(batch.documents.ids)
    assert training_flop(network, batch) == 3 * 2 * 3 * (tokens + batch.mask.numel())


def test_kernels_and_the_rest_are_the_whole():
    seconds = {"aten::mm": 2.0, "aten::addmm": 1.0, "aten::gelu": 4.0, "aten::unheard_of": 8.0}
    found = grouped(seconds)
    assert {name: spent for name, spent in found.items() if spent} == {
        "products with weights": 3.0,
        "GELU": 4.0,
        REST: 8.0,
    }
