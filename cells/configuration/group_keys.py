"""Types of the keys that no constructor has: those that the groups keep for the recipe itself."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NotRequired, TypedDict

from cells.configuration.schema import JobSchema


class TokenKeys(TypedDict):
    """Below `model.tokens`."""

    query_length: int
    document_length: int
    query_prefix: str
    document_prefix: str
    special_tokens: bool


class Model(TypedDict):
    """Below `model`. A model of one's own may have further keys for its nodes to refer to."""

    path: str | None
    first_stage: NotRequired[str | None]
    candidates: NotRequired[int]
    network: dict[str, Any]
    search: dict[str, Any]
    tokenizer: dict[str, Any]
    tokens: TokenKeys
    view: str
    layer_decay: NotRequired[float]
    vectors: NotRequired[str | None]


class Task(TypedDict, total=False):
    """Below `task`, over all tasks."""

    asks_only: bool
    format: str
    cells: str
    watch: float | None
    part: int
    parts: int
    by: str
    splits: list[str]
    depth: int
    cross_encoder: str | None
    encoder: dict[str, Any]
    examples: int
    examples_file: str | None
    sample: int
    folds: int
    rivals: int
    evidence: str
    finished: list[str] | None
    beside: list[str] | None
    review: int
    share: float | None
    threshold: float | None
    decisions: str | None
    action: str


SECTIONS: Mapping[str, Any] = {"model": Model, "task": Task} | {
    field.name: field.type for field in fields(JobSchema) if is_dataclass(field.type)
}
"""Key -> the types of the keys below it."""
