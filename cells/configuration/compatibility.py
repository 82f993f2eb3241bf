"""Keys that the configuration has got since cells were first written, so that an upgrade does not disown them.

A cell written before such a key existed is still the same cell where the key has the value that
does what was done without it. That value is declared here by whoever adds the key: a default alone
would not tell, since a default may well do something new.
"""

from collections.abc import Mapping
from typing import Any

AS_BEFORE: Mapping[str, Any] = {
    "bm25.language": "english",
    "dataset.split_seed": 0,  # where nothing is split or limited it chooses nothing
    "dataset.train_pairs": None,
    "dataset.validation_queries": None,
    "evaluation.skip_same_id": False,
    "model.layer_decay": 1.0,
    "optimizer._partial_": True,
    "optimizer._target_": "torch.optim.AdamW",
    "optimizer.fused": True,
    "scheduler._partial_": True,
    "negatives.absolute_margin": None,
    "negatives.fallback": "random",
    "negatives.max_score": None,
    "negatives.refresh_every": None,
    "negatives.relative_margin": None,
    "negatives.run": None,
    "negatives.scores": None,
    "negatives.skip": 0,
    "task.examples_file": None,
    "validation.labels": "clean",
    "validation.patience": None,
}
"""Key -> the value with which the cell computes what it computed before there was the key."""

MOVED: Mapping[str, str] = {
    "cells.tracking.LocalTracker": "cells.tracking.tracker.LocalTracker",
    "cells.training.train": "cells.tasks.train.train",
    "cells.wandb_tracking.WandbTracker": "cells.tracking.wandb_tracker.WandbTracker",
    "evaluation.maxsim_search.MaxSimSearch": "evaluation.maxsim.MaxSimSearch",
    "evaluation.retrieval.SingleVectorSearch": "evaluation.dense_search.SingleVectorSearch",
}
"""Where a `_target_` was -> where it is."""


def current_target(value: Any) -> Any:
    """Return a configured value as this version writes it."""
    return MOVED.get(value, value) if isinstance(value, str) else value


def as_before(key: str, value: object) -> bool:
    """Return whether a configuration that has the key computes what one without it does."""
    return key in AS_BEFORE and AS_BEFORE[key] == value
