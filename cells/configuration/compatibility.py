"""Defaults for keys added later, so that cells from older versions remain valid.

A cell that was written before a key existed is still the same cell if the key has the value that
reproduces the earlier behaviour. Whoever adds a key declares that value here. The key's default
cannot take its place, since a default may do something new.
"""

from collections.abc import Mapping
from typing import Any

AS_BEFORE: Mapping[str, Any] = {
    "bm25.language": "english",
    "dataset.split_seed": 0,  # without a split or a limit it has no effect
    "dataset.test_queries": None,
    "dataset.train_pairs": None,
    "dataset.validation_queries": None,
    "evaluation.last_epoch": False,
    "evaluation.skip_same_id": False,
    "batch.positives": "one",
    "loss.confidence._target_": "losses.StudentConfidence",
    "loss.bound": None,
    "loss.floor": 0.0,
    "loss.loss.bound": None,
    "loss.loss.floor": 0.0,
    "loss.loss.mean_over": "supervised",
    "loss.loss.positives": "per_positive",
    "loss.loss.softness": None,
    "loss.mean_over": "supervised",
    "loss.softness": None,
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
    "model.tokenizer.path": None,
    "task.examples_file": None,
    "trainer.compile": False,
    "validation.labels": "clean",
    "validation.patience": None,
    "validation.pool": None,
}
"""The value of each key that reproduces the behaviour before the key existed."""

MOVED: Mapping[str, str] = {
    "data.train_wordpiece": "data.static_tokenizer",
    "cells.tracking.LocalTracker": "cells.tracking.tracker.LocalTracker",
    "cells.training.train": "cells.tasks.train.train",
    "cells.wandb_tracking.WandbTracker": "cells.tracking.wandb_tracker.WandbTracker",
    "evaluation.maxsim_search.MaxSimSearch": "evaluation.maxsim.MaxSimSearch",
    "evaluation.retrieval.SingleVectorSearch": "evaluation.dense_search.SingleVectorSearch",
}
"""The new place of each `_target_` that has moved."""


def current_target(value: Any) -> Any:
    """Return a configured value as this version writes it."""
    return MOVED.get(value, value) if isinstance(value, str) else value


def as_before(key: str, value: object) -> bool:
    """Return whether a configuration with the key computes the same as one without it."""
    return key in AS_BEFORE and AS_BEFORE[key] == value
