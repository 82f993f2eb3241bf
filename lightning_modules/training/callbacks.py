"""The end of an epoch: validation, a row of the history, and the best weights so far."""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from safetensors.torch import save_model

from data.storage.atomic_files import written_aside
from data.storage.hashed_files import written_hashed
from lightning_modules.training.ranking_module import RankingModule

Row = dict[str, float]
VALIDATION = "validation/"


class Epochs(pl.Callback):
    """Runs the end-of-epoch work exactly once, also if training was interrupted before it was done.

    The checkpoint holds the rows, so that an interrupted cell continues its history without gaps or
    repeats. In distributed training all processes retrieve together, or process 0 does and the
    others wait for its numbers, so that every query is scored once.

    Args:
        evaluate: retrieves with the network and returns the mean of each measure, by name.
        measure: the measure that selects an epoch; the first of equal epochs wins.
        history: file of the rows, never half-written.
        best: file of the selected epoch's weights.
        patience: training ends after so many epochs without an improvement; None: after the last
            epoch.
        together: whether all processes evaluate, each its share.
    """

    def __init__(
        self,
        evaluate: Callable[[], dict[str, float]],
        *,
        measure: str,
        history: Path,
        best: Path,
        patience: int | None = None,
        together: bool = False,
    ) -> None:
        self._evaluate, self._measure = evaluate, VALIDATION + measure
        self._history, self._best, self._patience = history, best, patience
        self._together = together
        self.rows: list[Row] = []
        self._earlier = 0.0  # seconds of this epoch before an interruption
        self._started = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Complete the end of an epoch that was interrupted."""
        if self.rows and trainer.is_global_zero:
            self._write_history()  # the file may be of a later epoch, or damaged
        if len(self.rows) < trainer.current_epoch:
            self._finish(trainer, pl_module)
        trainer.should_stop = self._out_of_patience

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the epoch's clock."""
        del trainer, pl_module
        self._earlier, self._started = 0.0, time.monotonic()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Validate, add the epoch's row, rewrite the file, and keep the best weights."""
        self._finish(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far, and how long the epoch has taken."""
        return {"rows": self.rows, "seconds": self._seconds()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint's rows."""
        self.rows = list(state_dict["rows"])
        self._earlier, self._started = state_dict["seconds"], time.monotonic()

    def _seconds(self) -> float:
        return round(self._earlier + time.monotonic() - self._started, 3)

    def _finish(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        assert isinstance(module, RankingModule)
        module.finite.read()
        measures = trainer.strategy.broadcast(
            self._evaluate() if self._together or trainer.is_global_zero else {}
        )
        # after the retrieval, which may be interrupted: the epoch is finished once
        training = module.diagnostics.summary()
        module.loss.finish_epoch()
        row: Row = {
            "epoch": len(self.rows),
            "step": trainer.global_step,
            "seconds": self._seconds(),
        }
        row |= {f"train/{name}": value for name, value in training.items()}
        row |= {VALIDATION + name: value for name, value in measures.items()}
        self.rows.append(row)
        if trainer.is_global_zero:
            self._write(module)
        for logger in trainer.loggers:
            logger.log_metrics(row, step=trainer.global_step)
        trainer.should_stop = self._out_of_patience

    @property
    def _out_of_patience(self) -> bool:
        if self._patience is None or not self.rows:
            return False
        return len(self.rows) - 1 - best_epoch(self.rows, self._measure) >= self._patience

    def _write(self, module: RankingModule) -> None:
        if best_epoch(self.rows, self._measure) == len(self.rows) - 1:
            self._best.parent.mkdir(parents=True, exist_ok=True)
            with written_hashed(self._best) as aside:
                save_model(module.network, str(aside))
        self._write_history()

    def _write_history(self) -> None:
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        with (
            written_aside(self._history) as aside,
            aside.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(self.rows)


def read_history(path: Path) -> list[Row]:
    """Return the rows of a history file, bit for bit, without the values that an epoch lacks."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def best_epoch(rows: list[Row], measure: str) -> int:
    """Return the first epoch whose measure none exceeds.

    Args:
        rows: one per epoch.
        measure: name of the column.
    """
    return max(range(len(rows)), key=lambda epoch: (rows[epoch][measure], -epoch))
