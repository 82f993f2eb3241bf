"""The types of all keys outside the groups; their defaults are in conf/config.yaml."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING


@dataclass
class EvaluationKeys:
    """How runs are retrieved, and their depth."""

    depth: int = MISSING
    batch_tokens: int = MISSING
    last_epoch: bool = MISSING
    skip_same_id: bool = MISSING


@dataclass
class BM25:
    """How the first stage reads texts, and what ranks them."""

    language: str = MISSING
    engine: str = MISSING


@dataclass
class BatchKeys:
    """The content of one optimisation step."""

    size: int = MISSING
    in_batch: bool = MISSING
    positives: str = MISSING


@dataclass
class NegativesKeys:
    """The negatives of a training example."""

    per_example: int = MISSING
    run: str | None = MISSING
    depth: int = MISSING
    skip: int = MISSING
    refresh_every: int | None = MISSING
    absolute_margin: float | None = MISSING
    relative_margin: float | None = MISSING
    max_score: float | None = MISSING
    scores: str | None = MISSING
    fallback: str = MISSING


@dataclass
class ValidationKeys:
    """How the best epoch is chosen, and when training stops early."""

    labels: str = MISSING
    patience: int | None = MISSING
    pool: int | None = MISSING


@dataclass
class CheckpointKeys:
    """How often checkpoints are written, besides those at the ends of epochs."""

    minutes: float | None = MISSING
    steps: int | None = MISSING


@dataclass
class Choices:
    """The choices in a cell's name."""

    model: str = MISSING
    loss: str = MISSING
    noise: str = MISSING


@dataclass
class JobSchema:
    """The keys of one cell; the nodes of groups are typed by the constructors that they name."""

    task: Any = MISSING
    dataset: Any = MISSING
    model: Any = MISSING
    optimizer: Any = MISSING
    scheduler: Any = MISSING
    loss: Any = MISSING
    noise: Any = MISSING
    trainer: Any = MISSING
    logger: Any = MISSING
    teacher: str | None = None
    query: str | None = None
    seed: int = MISSING
    variant: str | None = None
    collection: str = MISSING
    choices: Choices = field(default_factory=Choices)
    cell: str = MISSING
    output_dir: str = MISSING
    cache_dir: str = MISSING
    overwrite: bool = MISSING
    dry_run: bool = MISSING
    keep: list[str] = MISSING
    export: bool = MISSING
    on_error: str = MISSING
    checkpoint: CheckpointKeys = field(default_factory=CheckpointKeys)
    measures: list[str] = MISSING
    selection_measure: str = MISSING
    objective: str = MISSING
    evaluation: EvaluationKeys = field(default_factory=EvaluationKeys)
    bm25: BM25 = field(default_factory=BM25)
    validation: ValidationKeys = field(default_factory=ValidationKeys)
    batch: BatchKeys = field(default_factory=BatchKeys)
    negatives: NegativesKeys = field(default_factory=NegativesKeys)


def register() -> None:
    """Register the schema with Hydra under the first name in the defaults of conf/config.yaml."""
    ConfigStore.instance().store(name="job_schema", node=JobSchema)
