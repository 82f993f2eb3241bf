"""Lightning's trainer, made from the configuration."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def without_known_warnings() -> Iterator[None]:
    """Silence inconsequential warnings of Lightning inside the block."""
    with warnings.catch_warnings():
        # in Lightning 2.6, about itself
        warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)` is deprecated")
        # on a login node, where training is fine
        warnings.filterwarnings("ignore", "The `srun` command is available")
        yield
