"""The memory that a training step needs, estimated from two small batches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from data import Batch
from lightning_modules.layers.chunks import ACCELERATOR_TOKENS, CPU_TOKENS, Chunks
from lightning_modules.networks.network import Network

COPIES = 4  # of a trained weight: itself, its gradient, and Adam's two averages
CHUNK_SHARE = 0.5  # of the room that a chunk's activations may take; gradients of them need as much


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
    more = small[1]
    missing = _tokens(network, batch) - _tokens(network, more)
    return max(0, round(kept_bytes(network, more) + bytes_per_token(network, small) * missing))


def bytes_per_token(network: Network, small: Sequence[Batch]) -> float:
    """Return by how many bytes what is kept for the gradients grows with each token.

    Args:
        network: in training mode, on its device.
        small: two batches, the second with more tokens. Where a batch of training is as small as
            the first, the two are the same, and all that it keeps is shared among its tokens.
    """
    fewer, more = (kept_bytes(network, each) for each in small)
    grown = _tokens(network, small[1]) - _tokens(network, small[0])
    if grown == 0:
        return more / max(1, _tokens(network, small[1]))
    return (more - fewer) / grown


def _tokens(network: Network, batch: Batch) -> int:
    return int(network.encoded_lengths(batch).sum())


def free_chunks(network: Network) -> list[Chunks]:
    """Return the chunks that are computed again and whose size nothing has set."""
    chunks = [module for module in network.modules() if isinstance(module, Chunks)]
    return [each for each in chunks if each.recompute and each.tokens is None]


@contextmanager
def keeping(chunks: Sequence[Chunks]) -> Iterator[None]:
    """Keep the activations of chunks inside the block, to measure them."""
    for each in chunks:
        each.recompute = False
    try:
        yield
    finally:
        for each in chunks:
            each.recompute = True


def chunk_tokens(room: float, per_token: float) -> int:
    """Return how many tokens a chunk may have whose activations are computed again.

    No fewer than suit a CPU, which any GPU has room for, and no more than keep a GPU busy. Between
    them a power of two, so that a little more or less of free memory makes the same chunks.

    Args:
        room: bytes that nothing else needs.
        per_token: bytes that a token keeps.
    """
    fitting = max(1, int(CHUNK_SHARE * room / max(1.0, per_token)))
    rounded = 1 << (fitting.bit_length() - 1)
    return min(max(rounded, CPU_TOKENS), ACCELERATOR_TOKENS)


def weight_bytes(module: nn.Module) -> int:
    """Return the bytes of the weights and of what training adds to them."""
    return sum(
        weight.nbytes * (COPIES if weight.requires_grad else 1) for weight in module.parameters()
    )
