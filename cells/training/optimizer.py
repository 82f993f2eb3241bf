"""Optimiser and schedule of a cell, as conf/ names them."""

from hydra.utils import instantiate
from omegaconf import DictConfig

from lightning_modules import Optimization


def optimization_of(cfg: DictConfig) -> Optimization:
    """Return how the cell's network is optimised.

    Raises:
        InputError: for arguments that the optimiser or the schedule does not take.
    """
    optimization = Optimization(
        instantiate(cfg.optimizer),
        instantiate(cfg.scheduler),
        cfg.model.get("layer_decay", 1.0),  # of models with layers
    )
    optimization.check()
    return optimization
