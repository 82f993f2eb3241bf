"""The operations of a network, counted by hand, against torch's count of those it performs."""

import pytest
import torch
from tiny_models import ragged, tiny_bert
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training.flop import encoding_flop
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


def test_a_model_without_layers_has_no_matrix_products():
    encoder = StaticEncoder(torch.randn(5, 3), torch.ones(5))
    assert encoding_flop(encoder, torch.tensor([3, 4])) == 0
