"""The shared work of a training benchmark: batches as token ids for us, texts for peers."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from benchmarks.measuring import clock
from benchmarks.training.flop import training_flop
from cells.configuration import resolvers, schema
from cells.inputs.tokenised import build_network
from cells.inputs.training_inputs import TrainingInputs, load_inputs
from cells.training.fit import ranking_module
from cells.training.lightning_trainer import lightning_trainer, without_known_warnings
from cells.training.loading import training_loader
from cells.training.precision import settled_precision
from data import Batch, TrainingLoader
from lightning_modules import Network
from lightning_modules.training.compiled import compile_layers

ROOT = Path(__file__).parents[2]
WARM_UP = 1  # first steps that are not timed


def configured(*overrides: str) -> DictConfig:
    """Return the configuration of a cell in a scratch directory, without logger."""
    os.environ.setdefault("RETRIEVAL_CACHE", str(ROOT / "cache"))
    if not GlobalHydra.instance().is_initialized():
        schema.register()
        resolvers.register()
    scratch = tempfile.mkdtemp(prefix="benchmark-")
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        cfg = compose(
            "config",
            overrides=[f"output_dir={scratch}", "logger=none", *overrides],
            return_hydra_config=True,
        )
    HydraConfig.instance().set_config(cfg)
    return OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])


@dataclass(frozen=True)
class Workload:
    """Some batches of a cell's training.

    Attributes:
        cfg: the cell's configuration.
        inputs: its data.
        steps: batches.
    """

    cfg: DictConfig
    inputs: TrainingInputs
    steps: int

    @classmethod
    def of(cls, steps: int, *overrides: str) -> "Workload":
        """Return the first batches of a configured cell's training."""
        torch.set_num_threads(1)
        cfg = configured(*overrides)
        cfg.trainer.precision = settled_precision(cfg.trainer, {})
        return cls(cfg, load_inputs(cfg), steps)

    def loader(self) -> TrainingLoader:
        """Give the batches, as in training."""
        return training_loader(self.cfg, self.inputs)

    def batches(self) -> list[Batch]:
        """Return the batches as we train on them."""
        return [batch for batch, _ in zip(self._endless(), range(self.steps), strict=False)]

    def texts(self) -> dict[str, list[str]]:
        """Return query, positive and negative of each example, batch after batch."""
        collection = self.inputs.collection
        queries = list(collection.train.queries.values())
        columns: dict[str, list[str]] = {"anchor": [], "positive": [], "negative": []}
        for batch in self.batches():
            for row, query in enumerate(batch.query_rows.tolist()):
                positive = int(batch.targets[row].argmax())
                negative = next(
                    (c for c in batch.own[row].nonzero().flatten().tolist() if c != positive),
                    positive,
                )
                columns["anchor"].append(queries[query])
                columns["positive"].append(
                    collection.documents.text(int(batch.document_rows[positive]))
                )
                columns["negative"].append(
                    collection.documents.text(int(batch.document_rows[negative]))
                )
        return columns

    def network(self) -> Network:
        """Return a new network in training mode, as the peers train: with dropout."""
        return build_network(self.cfg, self.inputs.tokenised).train()

    def flop(self) -> float:
        """Return the operations of a step: the mean of the timed ones."""
        network = self.network()
        return mean(training_flop(network, batch) for batch in self.batches()[WARM_UP:])

    def ours(self) -> float:
        """Return CPU seconds per step of our training: Lightning, loader, diagnostics and all."""
        times = StepTimes()
        self.train(times)
        return per_step(times.ends)

    def train(self, times: pl.Callback) -> None:
        """Train a new network; the callback learns when each step has ended."""
        network = self.network()
        if self.cfg.trainer.compile:
            compile_layers(network)
        module = ranking_module(self.cfg, self.inputs, network, instantiate(self.cfg.loss))
        with without_known_warnings():
            trainer = lightning_trainer(
                self.cfg.trainer,
                max_epochs=-1,
                max_steps=self.steps,
                logger=False,
                callbacks=[times],
                enable_model_summary=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                use_distributed_sampler=False,
            )
            trainer.fit(module, self.loader())

    def _endless(self) -> Iterator[Batch]:
        loader = self.loader()
        while True:
            yield from loader


class StepTimes(pl.Callback):
    """When each step ended, in CPU seconds."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(self, *_: object) -> None:
        """Note it."""
        self.ends.append(clock())


def per_step(ends: Sequence[float]) -> float:
    """Return seconds per step after the warm-up."""
    return (ends[-1] - ends[WARM_UP - 1]) / (len(ends) - WARM_UP)
