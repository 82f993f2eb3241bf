"""The moving average of a network's weights, teacher of loss/confidence=ema."""

from functools import partial

import pytest
import torch
from tiny_models import random_batch, tiny_bert
from torch.optim import AdamW

import losses
from errors import InputError
from lightning_modules import DenseRetriever, Optimization, RankingModule
from lightning_modules.networks.transformer_encoder import TransformerEncoder
from lightning_modules.training.optimization import constant_schedule
from lightning_modules.training.weight_average import WeightAverage

OPTIMIZATION = Optimization(
    partial(AdamW, lr=0.1, weight_decay=0.0), partial(constant_schedule, warmup=0.0)
)


def tiny_dense(dropout=0.0):
    encoder = TransformerEncoder(tiny_bert(layers=1, dropout=dropout), pooling="mean", pad_id=0)
    return DenseRetriever(encoder, similarity="cosine", temperature=0.1)


def weakening():
    return losses.LabelWeakening(confidence=losses.TeacherConfidence(decay=0.9))


def weights(module):
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


def move(network, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))


def test_it_follows_the_weights_with_growing_inertia():
    network = tiny_dense()
    average = WeightAverage(network, decay=0.2)
    expected = weights(network)
    for step in range(5):
        move(network, step)
        average.follow(network, step)
        kept = 0.0 if step == 0 else min(0.2, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * weights(network)
        torch.testing.assert_close(weights(average), expected)


def test_each_step_counts_once():
    network = tiny_dense()
    average = WeightAverage(network, decay=0.9)
    average.follow(network, 0)
    before = weights(average)
    move(network, 0)
    average.follow(network, 0)  # a second part of the same step's batch
    assert torch.equal(weights(average), before)


def test_it_is_no_part_of_the_training():
    network = tiny_dense()
    module = RankingModule(network, weakening(), OPTIMIZATION, documents=9, query_ids=[])
    optimizer, _ = module.optimization.build(module, 10)
    trained = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    assert trained == {id(parameter) for parameter in network.parameters()}
    assert not module.average.scores(random_batch()).requires_grad


def test_it_judges_without_dropout_and_draws_nothing():
    network = tiny_dense(dropout=0.5)
    average = WeightAverage(network, decay=0.9).train()
    batch = random_batch()
    before = torch.get_rng_state()
    assert torch.equal(average.scores(batch), average.scores(batch))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_checkpoint_holds_it():
    network = tiny_dense()
    module = RankingModule(network, weakening(), OPTIMIZATION, documents=9, query_ids=[])
    module.average.follow(network, 0)
    other = RankingModule(tiny_dense(), weakening(), OPTIMIZATION, documents=9, query_ids=[])
    other.load_state_dict(module.state_dict())
    assert int(other.average.n_averaged) == 1


def test_two_teachers_in_one_sum_are_refused():
    terms = [{"weight": 1.0, "loss": loss} for loss in (weakening(), losses.MarginMSE())]
    with pytest.raises(InputError, match="different teachers"):
        losses.WeightedSum(terms)
    assert losses.WeightedSum(terms[:1]).needs.teacher_decay == 0.9
