"""What happens at the end of an epoch: retrieval on the validation split, and the history of the cell."""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from data.files import written_aside
from lightning_modules.dense_retriever import DenseRetriever
from lightning_modules.ranking_module import RankingModule


class Validation(pl.Callback):
    """Scores the network on the validation split after each epoch and logs `validation/<measure>`.

    Args:
        evaluate: network -> mean of each measure, by name.
    """

    def __init__(self, evaluate: Callable[[DenseRetriever], dict[str, float]]) -> None:
        self._evaluate = evaluate

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Evaluates and logs; the checkpoint callback, which runs after all others, reads what is logged."""
        del trainer
        assert isinstance(pl_module, RankingModule)
        summary = {f"train/{name}": value for name, value in pl_module.diagnostics.summary().items()}
        measures = {f"validation/{name}": value for name, value in self._evaluate(pl_module.network).items()}
        pl_module.log_dict(summary | measures)


class History(pl.Callback):
    """Keeps one row an epoch of all that was logged, and writes them to a file that is never half-written.

    The rows travel in the checkpoint, so that an interrupted cell continues its history without holes or repeats.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict[str, float]] = []
        self._started = time.monotonic()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Starts the epoch's clock."""
        del trainer, pl_module
        self._started = time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Adds the epoch's row and rewrites the file."""
        del pl_module
        logged = {name: float(value) for name, value in trainer.callback_metrics.items() if name != "train/step_loss"}
        position = {"epoch": trainer.current_epoch, "step": trainer.global_step, "seconds": round(time.monotonic() - self._started, 3)}
        self._rows.append(position | logged)
        self._write()

    def state_dict(self) -> dict[str, Any]:
        """Returns the rows so far."""
        return {"rows": self._rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continues from a checkpoint's rows."""
        self._rows = list(state_dict["rows"])

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        with written_aside(self._path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(self._rows)
