"""Lightning's trainer, made from the configuration."""

from typing import TYPE_CHECKING, Any

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

if TYPE_CHECKING:
    import pytorch_lightning as pl

OURS = ("compile",)
"""Keys that concern the network and not Lightning."""


def lightning_trainer(trainer: DictConfig, **arguments: Any) -> "pl.Trainer":
    """Return the trainer.

    Args:
        trainer: its configuration, with a settled precision.
        arguments: others of its arguments.
    """
    theirs = [str(key) for key in trainer if key not in OURS]
    made: pl.Trainer = instantiate(OmegaConf.masked_copy(trainer, theirs))(**arguments)
    return made
