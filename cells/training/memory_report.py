"""What a training step needs of a GPU's memory, found out before the first one."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities import move_data_to_device
from omegaconf import DictConfig

from cells.inputs.training_inputs import TrainingInputs
from cells.sweep.outside_causes import in_bytes, smaller
from cells.training.device import device_of, on_device
from cells.training.loading import training_loader
from cells.training.precision import HALF
from data import Batch
from lightning_modules import Network, seeded
from lightning_modules.training.step_memory import (
    bytes_per_token,
    chunk_tokens,
    estimated_bytes,
    free_chunks,
    keeping,
    weight_bytes,
)

log = logging.getLogger(__name__)

SMALL = (2, 4)  # examples of the batches that are measured


class RecomputedChunks(pl.Callback):
    """Keeps, in checkpoints, the size of the chunks that are computed again.

    It depends on the memory that was free, and with other chunks dropout draws other numbers.

    Args:
        network: the network to train.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def state_dict(self) -> dict[str, Any]:
        """Return the sizes."""
        return {"tokens": [each.recomputed_tokens for each in free_chunks(self._network)]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Use the sizes from before the interruption."""
        for each, tokens in zip(free_chunks(self._network), state_dict["tokens"], strict=True):
            if tokens not in {None, each.recomputed_tokens}:  # None: it was interrupted on a CPU
                log.info("as before the interruption, chunks have up to %d tokens", tokens)
                each.recomputed_tokens = tokens


def report_memory(cfg: DictConfig, inputs: TrainingInputs, network: Network) -> None:
    """Log what a step on one GPU needs, and warn where it has less; on others do nothing.

    Chunks that are computed again get the size that the rest of the memory allows. The network, in
    training mode, is not changed otherwise, nor is any state of a random generator.
    """
    if device_of(cfg.trainer) != "cuda" or cfg.trainer.devices != 1:
        return
    chunks = free_chunks(network)
    with on_device(network, cfg.trainer):
        activations, weights = step_bytes(cfg, inputs, network), weight_bytes(network)
        per_token = token_bytes(cfg, inputs, network) if chunks else 0.0
        # what this process holds already is free for its training
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved()
    is_enough = activations + weights < free
    log.log(
        logging.INFO if is_enough else logging.WARNING,
        "a step keeps about %s of activations, and %s of weights, gradients and averages; the GPU "
        "has %s%s",
        *map(in_bytes, (activations, weights, free)),
        "" if is_enough else f". {smaller(cfg)}",
    )
    for each in chunks:
        each.recomputed_tokens = chunk_tokens(free - activations - weights, per_token)
        log.info(
            "chunks of up to %d tokens are computed again for the gradients", each.recomputed_tokens
        )


def step_bytes(cfg: DictConfig, inputs: TrainingInputs, network: Network) -> int:
    """Return about how many bytes the first batch of a cell keeps for its gradients."""
    *small, batch = _batches(cfg, inputs, network, (*SMALL, cfg.batch.size))
    with _as_in_training(cfg, network):
        return estimated_bytes(network, small, batch)


def token_bytes(cfg: DictConfig, inputs: TrainingInputs, network: Network) -> float:
    """Return about how many bytes each token keeps while its chunk is computed again."""
    small = _batches(cfg, inputs, network, SMALL)
    with _as_in_training(cfg, network), keeping(free_chunks(network)):
        return bytes_per_token(network, small)


def _batches(
    cfg: DictConfig, inputs: TrainingInputs, network: Network, sizes: Sequence[int]
) -> list[Batch]:
    """Return first batches of some numbers of examples, where the network is."""
    device = next(network.parameters()).device
    return [
        move_data_to_device(
            next(iter(training_loader(cfg, inputs, min(size, cfg.batch.size)))), device
        )
        for size in sizes
    ]


@contextmanager
def _as_in_training(cfg: DictConfig, network: Network) -> Iterator[None]:
    """Compute in the cell's precision inside the block, and leave the random generators alone."""
    is_half, kind = cfg.trainer.precision in HALF, next(network.parameters()).device.type
    with seeded(cfg.seed), torch.autocast(kind, torch.bfloat16, enabled=is_half):
        yield
