"""Stages of a cell before its training, one a process, for `benchmarks.retrieval.rehearsal`.

python -m benchmarks.retrieval.rehearsal_stages noise dataset=folder dataset.path=/data/mine
"""

import sys
from collections.abc import Callable, Mapping

from hydra.utils import instantiate
from omegaconf import DictConfig

from benchmarks.training.workload import configured
from cells.inputs.negative_mining import first_negatives
from cells.inputs.tokenised import tokenise
from cells.inputs.training_inputs import open_collection

STAGES: Mapping[str, Callable[[DictConfig], object]] = {
    "ingest": open_collection,
    "noise": lambda cfg: instantiate(cfg.noise).corrupt(open_collection(cfg)),
    "negatives": lambda cfg: first_negatives(cfg.negatives, open_collection(cfg)),
    "tokens": lambda cfg: tokenise(cfg, open_collection(cfg)),
}
"""What each leaves in the cache is what the next ones, and the cell, find there."""

if __name__ == "__main__":
    STAGES[sys.argv[1]](configured(*sys.argv[2:]))
