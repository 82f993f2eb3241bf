"""Negatives mined again by the network in training."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pytorch_lightning as pl

from data.runs.ranked_lists import Run
from data.storage.hashed_files import remove_hashed, written_hashed
from errors import InputError
from lightning_modules.networks.network import Network
from lightning_modules.training.ranking_module import RankingModule


class NegativeRefresh(pl.Callback):
    """Retrieves for the training queries every n epochs, with the current network, to mine from.

    The runs of the last two refreshes are kept in files, `negatives-<epoch>.npz`, so that a cell
    that continues from either of its checkpoints has the same negatives. In distributed training
    process 0 mines and all read the file, so that they agree to the bit.

    Args:
        every: epochs between two refreshes, at least 1; the epochs before the first have the
            negatives they were given.
        mine: network -> run of the train queries.
        use: takes the run, before the epoch's first batch is drawn.
        folder: of the files.

    Reference:
        Xiong et al., "Approximate Nearest Neighbor Negative Contrastive Learning for Dense Text
        Retrieval", ICLR 2021, section 3.2; here training waits for the index.
    """

    def __init__(
        self, every: int, mine: Callable[[Network], Run], use: Callable[[Run], None], folder: Path
    ) -> None:
        self._every, self._mine, self._use, self._folder = every, mine, use, folder
        self._mined = 0  # the epoch before which the negatives in use were mined; 0: those given

    def state_dict(self) -> dict[str, Any]:
        """Return which negatives are in use, for checkpoints."""
        return {"mined": self._mined}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue with a checkpoint's negatives."""
        self._mined = state_dict["mined"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Restore the negatives of the checkpoint, or mine if the next epoch needs new ones.

        Lightning does not announce the epoch in which it resumes, be it in its middle or, after a
        last step, at its start.
        """
        if self._mined:
            self._use(self._read(self._mined))
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Mine if it is time."""
        assert isinstance(pl_module, RankingModule)
        epoch = trainer.current_epoch
        if epoch % self._every or epoch == self._mined:  # before epoch 0 nothing is mined
            return
        if trainer.is_global_zero:
            self._write(self._mine(pl_module.network), epoch)
        trainer.strategy.barrier("negatives")
        self._use(self._read(epoch))
        self._mined = epoch

    def _file(self, epoch: int) -> Path:
        return self._folder / f"negatives-{epoch}.npz"

    def _write(self, run: Run, epoch: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with written_hashed(self._file(epoch)) as aside, aside.open("wb") as file:
            np.savez(
                file,
                query_ids=np.array(run.query_ids, dtype=np.str_),
                rows=run.rows,
                scores=run.scores,
            )
        remove_hashed(self._file(epoch - 2 * self._every))

    def _read(self, epoch: int) -> Run:
        try:
            with np.load(self._file(epoch), allow_pickle=False) as stored:
                return Run(stored["query_ids"].tolist(), stored["rows"], stored["scores"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            raise InputError(
                f"{self._file(epoch)}: the negatives mined before epoch {epoch} cannot be read "
                f"({error}), so this cell cannot continue; start it again with overwrite=true."
            ) from error
