"""Compiled layers: the same scores and weights, one compilation for layers and sizes."""

import copy

import pytest
import torch
from configured_models import batch_of, built
from tiny_models import ragged, save_tiny

from errors import InputError
from lightning_modules.training.compiled import compile_layers

# torch hides this one, which its compiler provokes
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
WITH_LAYERS = ["colbert", "cross_encoder", "minilm"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp("tiny"), layers=3)


@pytest.fixture
def graphs():
    """The graphs that were compiled so far."""
    torch._dynamo.reset()
    yield torch._dynamo.utils.counters["stats"]
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()


def step(network, batch):
    network.zero_grad()
    scores = network.scores(batch)
    scores.square().sum().backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    return scores, gradients


@pytest.mark.parametrize("model", WITH_LAYERS)
def test_compiled_layers_give_the_same_scores_and_gradients(model, folder, graphs):
    plain, batch = built(model, folder), batch_of(model)
    compiled = copy.deepcopy(plain)
    compile_layers(compiled, backend="eager")
    assert compiled.state_dict().keys() == plain.state_dict().keys()
    (scores, gradients), (expected, their_gradients) = step(compiled, batch), step(plain, batch)
    torch.testing.assert_close(scores, expected)
    torch.testing.assert_close(gradients, their_gradients)
    assert graphs["unique_graphs"] >= 1


def test_layers_and_sizes_share_their_compilations(folder, graphs):
    network = built("minilm", folder)
    compile_layers(network, backend="eager")
    for length in range(3, 12):
        network.encode_queries(ragged([[5] * length, [6] * (length - 1)]))
    # with and without padding at most
    assert graphs["unique_graphs"] <= 2


def test_a_copy_is_not_compiled(folder, graphs):
    network = built("minilm", folder)
    compile_layers(network, backend="eager")
    step(copy.deepcopy(network), batch_of("minilm"))
    assert not graphs["unique_graphs"]


def test_a_model_without_layers_is_refused(folder):
    with pytest.raises(InputError, match=r"trainer\.compile=true: this model has no layers"):
        compile_layers(built("static", folder))
