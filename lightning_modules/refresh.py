"""Negatives mined again by the network that is being trained."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytorch_lightning as pl

from data.files import written_aside
from errors import InputError
from evaluation import Run
from lightning_modules.network import Network
from lightning_modules.ranking_module import RankingModule


class NegativeRefresh(pl.Callback):
    """Every n epochs, ranks documents for the train queries with the current network and hands the run over.

    The run is kept in a file, so that a cell interrupted between two refreshes goes on with the same negatives.

    Reference:
        Xiong et al., "Approximate Nearest Neighbor Negative Contrastive Learning for Dense Text Retrieval", ICLR 2021, section 3.2; here
        training waits for the index.

    Args:
        every: epochs between two refreshes, at least 1; the first epoch has the negatives it was given.
        mine: network -> run of the train queries.
        use: takes the run, before the epoch's first batch is drawn.
        path: of the file, .npz.

    Raises:
        InputError: for fewer epochs than 1.
    """

    def __init__(self, every: int, mine: Callable[[Network], Run], use: Callable[[Run], None], path: Path) -> None:
        if every < 1:
            raise InputError(f"negatives.refresh_every={every}: must be 1 epoch or more, or null for never.")
        self._every, self._mine, self._use, self._path = every, mine, use, path
        self._ready = False  # whether this process has handed over the run that the current epoch trains on

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Mines if it is time; after an interruption reads what was mined last."""
        assert isinstance(pl_module, RankingModule)
        epoch = trainer.current_epoch
        if epoch < self._every:
            return
        if epoch % self._every == 0:
            run = self._mine(pl_module.network)
            if trainer.is_global_zero:
                _write(run, self._path)
            self._use(run)
        elif not self._ready:
            self._use(_read(self._path))
        self._ready = True


def below(run: Run, first: int) -> Run:
    """The run without its first ranks, where documents that are relevant and not judged crowd.

    Args:
        run: the ranked lists [Q, k].
        first: ranks left out, 0 or more.

    Raises:
        InputError: if nothing would remain.
    """
    if not 0 <= first < run.depth:
        raise InputError(f"negatives.skip={first}: must be 0 or more and less than the {run.depth} ranks that are mined.")
    return Run(run.query_ids, run.rows[:, first:], run.scores[:, first:])


def _write(run: Run, path: Path) -> None:
    with written_aside(path) as aside, aside.open("wb") as file:
        np.savez(file, query_ids=np.array(run.query_ids, dtype=np.str_), rows=run.rows, scores=run.scores)


def _read(path: Path) -> Run:
    with np.load(path, allow_pickle=False) as stored:
        return Run(stored["query_ids"].tolist(), stored["rows"], stored["scores"])
