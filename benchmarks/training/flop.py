"""Floating-point operations of a network, as far as they are products with its weights.

Padding does not count, nor do normalisation, look-ups, the loss and the optimiser: a share of the
matrix limit says how much of a device's time goes into the work that no implementation can leave
out. A static model has little of it: its sums and its optimiser are bounded by memory.
"""

from torch import Tensor, nn

from data import Batch
from lightning_modules import Network
from lightning_modules.networks.static_encoder import StaticEncoder

FORWARD_AND_BACKWARD = 3  # times the forward pass: gradients of the inputs and of the weights


def training_flop(network: Network, batch: Batch) -> float:
    """Return the operations of a training step on a batch."""
    # of the similarities, which are nothing beside layers
    similarities = 2 * _static_width(network) * batch.mask.numel()
    encoding = encoding_flop(network, network.encoded_lengths(batch))
    return FORWARD_AND_BACKWARD * (encoding + similarities)


def encoding_flop(network: nn.Module, lengths: Tensor) -> float:
    """Return the operations of encoding texts of these lengths [n].

    A token costs two operations a weight and, in each layer, four a component of every token that
    it attends to: a score and a weighted sum. In a static model it costs two a component of its
    vector, which is weighted and added.
    """
    layers = [
        layer
        for module in network.modules()
        if isinstance(module, nn.ModuleList)
        for layer in module
    ]
    weights = sum(
        linear.weight.numel()
        for layer in layers
        for linear in layer.modules()
        if isinstance(linear, nn.Linear)
    )
    tokens = lengths.double()
    width = max((_width(layer) for layer in layers), default=0)
    attended = 4 * len(layers) * width * tokens.square().sum()
    return float(2 * (weights + _static_width(network)) * tokens.sum() + attended)


def _static_width(network: nn.Module) -> int:
    """Return the size of a static model's vectors; 0: it is another model."""
    encoders = (module for module in network.modules() if isinstance(module, StaticEncoder))
    return next((encoder.vectors.shape[1] for encoder in encoders), 0)


def _width(layer: nn.Module) -> int:
    """Return the size of the vectors that a layer takes: that of its first linear map."""
    return next((m.in_features for m in layer.modules() if isinstance(m, nn.Linear)), 0)
