"""How far training is: a bar on a terminal, and elsewhere a line a minute."""

import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import RichProgressBar

from terminal import Pulse, in_words, time_left


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
            self._pulse.at(trainer.global_step, f" ({epoch_of(trainer)})")


class TrainingBar(RichProgressBar):
    """A bar for each epoch, with the time that the whole cell will still take.

    Args:
        afterwards: seconds that the cell will take after the training.
    """

    def __init__(self, afterwards: float) -> None:
        super().__init__()
        self._afterwards = afterwards
        self._began, self._start, self._total = time.monotonic(), 0, 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the bar, and begin to count after the steps of an interrupted process."""
        super().on_train_start(trainer, pl_module)
        self._began, self._start = time.monotonic(), trainer.global_step
        self._total = trainer.estimated_stepping_batches

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the epoch's bar."""
        super().on_train_epoch_start(trainer, pl_module)
        self._describe(trainer)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Advance the bar."""
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        self._describe(trainer)

    def get_metrics(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule
    ) -> dict[str, int | str | float | dict[str, float]]:
        """Return what stands beside the bar, without the number of Lightning's log folder."""
        metrics = super().get_metrics(trainer, pl_module)
        return {name: value for name, value in metrics.items() if name != "v_num"}

    def _describe(self, trainer: pl.Trainer) -> None:
        if self.progress is None or self.train_progress_bar_id is None:
            return
        done, left = trainer.global_step - self._start, self._total - trainer.global_step
        words = epoch_of(trainer).capitalize()
        if done:
            training = time_left(time.monotonic() - self._began, done, left)
            words += f", cell: about {in_words(training + self._afterwards)} left"
        self.progress.update(self.train_progress_bar_id, description=words)


def epoch_of(trainer: pl.Trainer) -> str:
    """Return the epoch in words, counted from 1."""
    return f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
