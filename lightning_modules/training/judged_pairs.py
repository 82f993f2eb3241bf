"""Scores of chosen pairs after every epoch, kept in the checkpoints."""

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from lightning_modules.networks.network import Network
from lightning_modules.training.ranking_module import RankingModule


class JudgedPairs(pl.Callback):
    """Asks the network about the same pairs after each epoch, exactly once.

    An interrupted cell continues with what earlier epochs said, and completes an epoch whose end
    was interrupted.

    Args:
        judge: network -> what it says of the pairs.
    """

    def __init__(self, judge: Callable[[Network], tuple[Tensor, ...]]) -> None:
        self._judge = judge
        self.epochs: list[tuple[Tensor, ...]] = []

    def state_dict(self) -> dict[str, Any]:
        """Return what was said so far, for checkpoints."""
        return {"epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.epochs = list(state_dict["epochs"])

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Complete the end of an epoch that was interrupted."""
        if len(self.epochs) < trainer.current_epoch:
            self.on_train_epoch_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Judge the pairs."""
        del trainer
        assert isinstance(pl_module, RankingModule)
        self.epochs.append(self._judge(pl_module.network))
