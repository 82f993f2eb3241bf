"""The typed root of the configuration: every key outside the groups, its type and its default's place (conf/config.yaml)."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING


@dataclass
class EvaluationKeys:
    """How runs are retrieved and cut."""

    depth: int = MISSING
    batch_tokens: int = MISSING
    skip_same_id: bool = MISSING


@dataclass
class BM25:
    """How the first stage reads texts."""

    language: str = MISSING


@dataclass
class BatchKeys:
    """What one optimisation step sees."""

    size: int = MISSING
    in_batch: bool = MISSING


@dataclass
class NegativesKeys:
    """Which unjudged documents stand beside an example's positive."""

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
    """What picks the epoch, and when training stops early."""

    labels: str = MISSING
    patience: int | None = MISSING


@dataclass
class CheckpointKeys:
    """How often a checkpoint to continue from is written between the epochs' ends."""

    minutes: float | None = MISSING
    steps: int | None = MISSING


@dataclass
class Choices:
    """The choices that a cell's name is made of."""

    model: str = MISSING
    loss: str = MISSING
    noise: str = MISSING


@dataclass
class JobSchema:
    """Keys of one cell. Group nodes are typed by the constructors they name."""

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
    """Offer the schema to Hydra under the name that conf/config.yaml's defaults list gives first."""
    ConfigStore.instance().store(name="job_schema", node=JobSchema)
