"""Checkpoints from which an interrupted cell continues: when they are written and which is used.

There are two, `last.ckpt` and the one before it, `previous.ckpt`; both are removed when the cell is
finished. They hold everything that the rest of training depends on, so that it ends with the same
bits: weights, optimiser, schedule, position in the epoch, the state of the loss, diagnostics,
history and the states of the random generators.
"""

import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch.distributed as dist

from cells.sweep.signals import Interruption
from cells.training.continuing import NAMES
from data import TrainingLoader
from data.storage.hashed_files import written_hashed
from lightning_modules.training.seeding import random_states, restore


class Checkpoints(pl.Callback):
    """Writes checkpoints around the validation of each epoch, at intervals, and on signals.

    Args:
        folder: the folder of the checkpoints.
        fingerprint: fingerprint of the cell's configuration; other cells cannot use them.
        loader: the loader, with its position in the epoch. Lightning restores that only if nothing
            has asked for the number of steps before.
        steps: also after this many optimisation steps; None: never.
        minutes: also after this many minutes; None: never.
        interruption: the signals.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        loader: TrainingLoader,
        *,
        steps: int | None,
        minutes: float | None,
        interruption: Interruption,
    ) -> None:
        self._folder, self._fingerprint, self._loader = folder, fingerprint, loader
        self._steps, self._minutes = steps, minutes
        self._interruption = interruption
        self._random: list[dict[str, Any]] | None = None
        self._written = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the signals back from Lightning's handlers, and restore the random generators."""
        del pl_module
        self._interruption.install()
        _begin_a_new_epoch_after_a_finished_one(trainer)
        if self._random is not None:
            restore(self._random[trainer.global_rank % len(self._random)])
        # what was missing was the end of the last epoch: its row was added just now, and no step
        # will save it
        if trainer.fit_loop.done:
            self._save(trainer)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: object,
        batch_idx: int,
    ) -> None:
        """Write a checkpoint if it is time, and stop if a signal asks for it.

        Only between steps: of a step that gathers gradients over several batches, a checkpoint
        would not hold those gathered so far.
        """
        del pl_module, outputs, batch
        if (batch_idx + 1) % trainer.accumulate_grad_batches and not trainer.is_last_batch:
            return
        stop = trainer.strategy.reduce_boolean_decision(self._interruption.requested, all=False)
        if (
            stop
            or trainer.is_last_batch
            or trainer.strategy.reduce_boolean_decision(self._due(trainer.global_step), all=False)
        ):
            self._save(trainer)
        if stop:
            self._interruption.leave()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write a checkpoint, with the epoch's row, which an earlier callback has added."""
        del pl_module
        self._save(trainer)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the cell's fingerprint and the states of the random generators of all processes."""
        del pl_module
        states: list[Any] = [random_states()]
        if trainer.world_size > 1:
            states = [None] * trainer.world_size
            dist.all_gather_object(states, random_states())
        checkpoint |= {
            "cell": self._fingerprint,
            "random": states,
            "loader": self._loader.state_dict(),
        }

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Restore the position in the epoch, and keep the generators' states for later.

        They are restored when training starts, since building other objects may draw numbers.
        """
        del trainer, pl_module
        self._loader.load_state_dict(checkpoint["loader"])
        self._random = checkpoint["random"]

    def _due(self, step: int) -> bool:
        late = self._minutes is not None and time.monotonic() - self._written >= 60 * self._minutes
        return late or (self._steps is not None and step % self._steps == 0)

    def _save(self, trainer: pl.Trainer) -> None:
        last, previous = (self._folder / name for name in NAMES)
        if not trainer.is_global_zero:
            # writes nothing, but needs all processes
            trainer.save_checkpoint(last, weights_only=False)
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with written_hashed(last, before=previous) as aside:
            trainer.save_checkpoint(aside, weights_only=False)
        self._written = time.monotonic()


def _begin_a_new_epoch_after_a_finished_one(trainer: pl.Trainer) -> None:
    """Correct a miscount of Lightning 2.6.

    It treats a checkpoint of an epoch's last step as one from the middle of the epoch, and so does
    not count the beginning of the next. A cell that is interrupted there, and again at the end of
    the next epoch, would train one epoch too many.
    """
    loop = trainer.fit_loop
    steps = loop.epoch_loop
    if (
        loop.restarted_mid_epoch
        and steps.restarted_on_train_batch_end
        and steps.batch_progress.is_last_batch
    ):
        loop.reset_restart_stage()
