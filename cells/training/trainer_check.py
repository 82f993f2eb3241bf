"""Lightning's own judgement of the trainer's settings, before any data is read."""

import logging

from hydra.errors import InstantiationException
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig

from cells.training.lightning_trainer import lightning_trainer, without_known_warnings
from errors import InputError
from terminal import quiet

log = logging.getLogger(__name__)
quiet("pytorch_lightning")


def check_trainer(trainer: DictConfig) -> None:
    """Build the trainer once, without anything to train.

    Raises:
        InputError: with the settings and what Lightning says of them, for example of devices that
            this machine does not have.
    """
    if trainer.devices in {"", None, 0}:
        raise InputError(f"trainer.devices={trainer.devices}: must be 1 or more, e.g. 1.")
    try:
        with without_known_warnings():
            lightning_trainer(
                trainer,
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
    except (
        InstantiationException,
        MisconfigurationException,
        ImportError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        keys = ("accelerator", "devices", "strategy", "precision")
        given = " ".join(f"trainer.{key}={trainer[key]}" for key in keys if key in trainer)
        raise InputError(
            f"{given}: Lightning cannot train so ({first}). trainer=default takes one device."
        ) from error
