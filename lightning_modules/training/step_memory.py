"""The memory that a training step needs, estimated from two small batches."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from data import Batch
from lightning_modules.networks.network import Network

COPIES = 4  # of a trained weight: itself, its gradient, and Adam's two averages


def kept_bytes(network: Network, batch: Batch) -> int:
    """Return the bytes that the scores of a batch keep for their gradients, beside the weights."""
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    sizes: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        scores = network.scores(batch)
    del scores  # kept so far, so that no two tensors could have one address
    return sum(sizes.values())


def estimated_bytes(network: Network, small: Sequence[Batch], batch: Batch) -> int:
    """Estimate the bytes that a batch keeps, which grow with the tokens that it encodes.

    With recomputation, what is computed again at a time comes on top.

    Args:
        network: in training mode, on its device.
        small: two batches, the second with more tokens.
        batch: of training; only its lengths are read.
    """
    tokens = [int(network.encoded_lengths(each).sum()) for each in (*small, batch)]
    fewer, more = (kept_bytes(network, each) for each in small)
    growth = (more - fewer) / max(1, tokens[1] - tokens[0])
    return max(0, round(more + growth * (tokens[2] - tokens[1])))


def weight_bytes(module: nn.Module) -> int:
    """Return the bytes of the weights and of what training adds to them."""
    return sum(
        weight.nbytes * (COPIES if weight.requires_grad else 1) for weight in module.parameters()
    )
