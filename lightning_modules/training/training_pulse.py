"""How far training is, where there is no terminal for a bar."""

from typing import Any

import pytorch_lightning as pl

from terminal import Pulse


class TrainingPulse(pl.Callback):
    """Logs at most once a minute which share of all epochs' steps is done."""

    def __init__(self) -> None:
        self._pulse: Pulse | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin to count, after the steps of an interrupted process."""
        del pl_module
        if trainer.is_global_zero:
            total = trainer.estimated_stepping_batches
            self._pulse = Pulse("training", total, start=trainer.global_step)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Take note of a step."""
        del pl_module, outputs, batch, batch_idx
        if self._pulse is not None:
            epoch = f" (epoch {trainer.current_epoch + 1} of {trainer.max_epochs})"
            self._pulse.at(trainer.global_step, epoch)
