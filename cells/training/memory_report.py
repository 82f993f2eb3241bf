"""What a training step needs of a GPU's memory, said before the first one."""

import logging

import torch
from lightning_fabric.utilities import move_data_to_device
from omegaconf import DictConfig

from cells.inputs.training_inputs import TrainingInputs
from cells.sweep.outside_causes import in_bytes, smaller
from cells.training.device import device_of, on_device
from cells.training.loading import training_loader
from cells.training.precision import HALF
from lightning_modules import Network, seeded
from lightning_modules.training.step_memory import estimated_bytes, weight_bytes

log = logging.getLogger(__name__)

SMALL = (2, 4)  # examples of the batches that are measured


def report_memory(cfg: DictConfig, inputs: TrainingInputs, network: Network) -> None:
    """Log what a step on one GPU needs, and warn where it has less; on others do nothing.

    The network, in training mode, is not changed, nor is any state of a random generator.
    """
    if device_of(cfg.trainer) != "cuda" or cfg.trainer.devices != 1:
        return
    with on_device(network, cfg.trainer):
        activations, weights = step_bytes(cfg, inputs, network), weight_bytes(network)
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


def step_bytes(cfg: DictConfig, inputs: TrainingInputs, network: Network) -> int:
    """Return about how many bytes the first batch of a cell keeps for its gradients."""
    device = next(network.parameters()).device
    sizes = (*(min(size, cfg.batch.size) for size in SMALL), cfg.batch.size)
    fewer, more, batch = (
        move_data_to_device(next(iter(training_loader(cfg, inputs, size))), device)
        for size in sizes
    )
    is_half = cfg.trainer.precision in HALF
    with seeded(cfg.seed), torch.autocast(device.type, torch.bfloat16, enabled=is_half):
        return estimated_bytes(network, (fewer, more), batch)
