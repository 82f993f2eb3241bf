"""Every loss of conf/loss trains a cross-encoder, listwise and pointwise where that is defined."""

import pytest
import torch
from configured_models import batch_of, built
from loss_batches import NAMES, configured
from tiny_models import save_tiny

from errors import InputError
from losses import Bixse, Candidates, CrossEntropy, Pointwise, viewed
from losses.wrappers.views import VIEWS

PRUNING = "truncated_gce"  # learns from nothing until some positive is likelier than its k


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", NAMES)
def test_every_loss_trains_a_cross_encoder_in_both_views_where_defined(name, view, folder):
    loss = configured(name)
    if view == "pointwise" and (loss.min_candidates < 2 or loss.needs.in_batch):
        with pytest.raises(InputError, match=r"model\.view=pointwise"):
            viewed(loss, view)
        return
    loss, network, batch = (
        viewed(loss, view).train(),
        built("cross_encoder", folder).train(),
        batch_of("cross_encoder"),
    )
    scores = network.scores(batch)
    pairs = torch.arange(scores.numel()).view_as(scores)
    value = loss(
        Candidates(
            scores,
            batch.targets,
            batch.mask,
            pair_ids=pairs,
            teacher=torch.randn(scores.shape),
            progress=0.05,
        )
    ).mean()
    value.backward()
    assert value.isfinite()
    gradients = [weight.grad for weight in network.parameters()]
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert any(gradient.any() for gradient in gradients) or name == PRUNING


def test_views():
    loss = CrossEntropy()
    assert viewed(loss, "listwise") is loss
    assert isinstance(viewed(loss, "pointwise"), Pointwise)
    with pytest.raises(InputError, match=r"model\.view=pairwise.*listwise, pointwise"):
        viewed(loss, "pairwise")
    with pytest.raises(InputError, match=r"Bixse judges each document by itself already"):
        viewed(Bixse(), "pointwise")
