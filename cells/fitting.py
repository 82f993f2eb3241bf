"""Training of a cell's network: Lightning's trainer, its checkpoints and the choice among them."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.callbacks import Callback, LearningRateMonitor, ModelCheckpoint, RichProgressBar
from rich import get_console

from cells.directory import Cell
from cells.materials import Materials
from cells.tracking import Tracker
from data import Collection, TokenStores, TrainingLoader
from data.quiet import quiet
from evaluation import read_trec
from lightning_modules import DenseRetriever, History, Optimization, RankingModule, TeacherScores, Validation, seeded
from losses import Loss

if TYPE_CHECKING:
    import pytorch_lightning as pl

log = logging.getLogger(__name__)
quiet("pytorch_lightning")  # which devices exist, and advertisements


def fit(
    cfg: DictConfig,
    cell: Cell,
    materials: Materials,
    *,
    network: DenseRetriever,
    loss: Loss,
    evaluate: Callable[[DenseRetriever], dict[str, float]],
    tracker: Tracker,
) -> tuple[dict[str, float], int]:
    """Trains the network in place and leaves it with the weights of the epoch that validates best.

    An interrupted cell continues from checkpoints/last.ckpt.

    Args:
        cfg: the cell's configuration.
        cell: its directory.
        materials: its data.
        network: is trained.
        loss: trains it.
        evaluate: network -> validation measures.
        tracker: follows the training.

    Returns:
        validation measures of the selected epoch, and the epoch.
    """
    loader = TrainingLoader(
        materials.examples,
        TokenStores(materials.tokenised.queries["train"], materials.tokenised.documents),
        batch_size=cfg.batch.size,
        negatives=cfg.negatives.per_example,
        in_batch=cfg.batch.in_batch,
        seed=cfg.seed,
    )
    model = cfg.model
    optimization = Optimization(model.learning_rate, model.weight_decay, model.warmup, model.schedule)
    module = RankingModule(network, loss, optimization, len(materials.collection.documents), _teacher(cfg, materials.collection))
    monitor = f"validation/{cfg.selection_measure}"
    best = ModelCheckpoint(
        cell.file("checkpoints"), filename="best", monitor=monitor, mode="max", save_last=True, enable_version_counter=False
    )
    logger = tracker.lightning_logger()
    trainer: pl.Trainer = instantiate(cfg.trainer)(
        logger=logger or False,
        callbacks=[Validation(evaluate), History(cell.file("history.csv")), best, *_display(logger is not None)],
        log_every_n_steps=min(tracker.every_n_steps, len(loader)),
        default_root_dir=cell.directory,
        enable_model_summary=False,
        enable_progress_bar=get_console().is_terminal,
        use_distributed_sampler=False,
    )
    last = cell.file("checkpoints") / "last.ckpt"
    if last.exists():
        log.info("continuing from %s", last)
    with seeded(cfg.seed), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)` is deprecated")  # in Lightning 2.6, about itself
        warnings.filterwarnings("ignore", "Checkpoint directory .* exists and is not empty")  # a resumed cell's
        trainer.fit(module, loader, ckpt_path=last if last.exists() else None, weights_only=True)
    return _select(best, module)


def _teacher(cfg: DictConfig, collection: Collection) -> TeacherScores | None:
    if cfg.teacher is None:
        return None
    run = read_trec(Path(cfg.teacher), collection.documents)
    return TeacherScores(run, collection.train.queries, len(collection.documents))


def _display(logged: bool) -> list[Callback]:  # noqa: FBT001 - one obvious argument
    bars: list[Callback] = [RichProgressBar()] if get_console().is_terminal else []
    return [*bars, LearningRateMonitor("step")] if logged else bars


def _select(best: ModelCheckpoint, module: RankingModule) -> tuple[dict[str, float], int]:
    checkpoint: dict[str, Any] = torch.load(best.best_model_path, weights_only=True, map_location="cpu")
    module.load_state_dict(checkpoint["state_dict"])
    epoch = int(checkpoint["epoch"])
    rows = checkpoint["callbacks"][History.__qualname__]["rows"]
    prefix = "validation/"
    return {name.removeprefix(prefix): value for name, value in rows[epoch].items() if name.startswith(prefix)}, epoch
