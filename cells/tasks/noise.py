"""The task that corrupts the training labels and shows the effect, without training."""

import logging
from typing import TYPE_CHECKING

from hydra.utils import instantiate
from omegaconf import DictConfig
from rich import get_console

from cells.inputs.noisy_labels import check_examples_file, write_labels
from cells.inputs.training_inputs import open_collection
from cells.record.directory import Cell
from cells.record.lock import claimed
from cells.tracking.guarded import opened
from noise.inspection.inspection import inspect
from noise.inspection.inspection_tables import records, tables
from noise.inspection.judge import CrossEncoderJudge

if TYPE_CHECKING:
    from noise import Corruption

log = logging.getLogger(__name__)

KEYS = ("dataset", "noise", "bm25", "seed", "output_dir", "cache_dir")
"""The keys of the configuration that the corrupted labels depend on."""


def noise(cfg: DictConfig) -> float:
    """Corrupt the labels, show the effect, and return the realised ratio.

    The audit and the labels are written; examples, similarities, ranks and an estimate of
    contamination are printed.

    Raises:
        InputError: for configuration or data that cannot be used.
        BusyError: if another process corrupts these labels.
    """
    check_examples_file(cfg)
    judge = None if cfg.task.cross_encoder is None else CrossEncoderJudge(cfg.task.cross_encoder)
    cell = Cell.of(cfg, KEYS)
    with (
        claimed(cell, overwrite=cfg.overwrite),
        opened(instantiate(cfg.logger), cell) as tracker,
    ):
        collection = open_collection(cfg)
        corruption: Corruption = instantiate(cfg.noise).corrupt(collection)
        corruption.audit.write(cell.file("audit.tsv"))
        files = write_labels(cfg, cell, collection, corruption)
        inspection = inspect(
            collection,
            corruption,
            instantiate(cfg.task.encoder),
            scorer=judge,
            examples=cfg.task.examples,
            sample=cfg.task.sample,
        )
        for name, table in records(inspection).items():
            tracker.table(f"noise/{name}", *table)
    console = get_console()
    for part in tables(inspection):
        console.print(part)
    console.print(
        f"The record of every change is {cell.file('audit.tsv')}; train on it with "
        f"noise.audit={cell.file('audit.tsv')}",
        soft_wrap=True,
        markup=False,
    )
    others = ", ".join(map(str, files))
    console.print(f"For other trainers: {others}", soft_wrap=True, markup=False)
    return corruption.audit.header.realised
