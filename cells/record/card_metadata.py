"""The metadata of a model card, in the form that the Hugging Face hub reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData
from omegaconf import DictConfig

PACKAGED = {"packaged:minilm": "sentence-transformers/all-MiniLM-L6-v2"}
"""Weights in a package -> their name on the hub."""

PAIRS = "build_cross_encoder"


def metadata_of(cfg: DictConfig, scores: Mapping[str, Any]) -> ModelCardData:
    """Return the metadata: base model, task, tags, and the test measures as model-index.

    Args:
        cfg: the cell's configuration.
        scores: content of the cell's scores.json.
    """
    name = str(scores.get("cell", cfg.cell))
    reranks = str(cfg.model.network._target_).endswith(PAIRS)
    return ModelCardData(
        library_name="sentence-transformers",
        license="other",
        base_model=hub_name(cfg.model.path),
        pipeline_tag="text-ranking" if reranks else "sentence-similarity",
        tags=["information-retrieval", "label-noise", f"loss:{cfg.loss._target_}"],
        model_name=name,
        eval_results=_results(scores) or None,
    )


def hub_name(path: str | None) -> str | None:
    """Return the hub name of a `model.path`; None for a local folder, or a model from scratch."""
    if path is None or path in PACKAGED:
        return PACKAGED.get(path or "")
    return None if Path(path).expanduser().exists() else path


def _results(scores: Mapping[str, Any]) -> list[EvalResult]:
    """Return the test measures of the trained and of the untrained model, by clean judgements."""
    dataset = str(scores.get("data", {}).get("collection", "unknown"))
    kinds = {"": scores["measures"], "untrained ": scores.get("untrained") or {}}
    return [
        EvalResult(
            task_type="information-retrieval",
            dataset_type=dataset,
            dataset_name=f"{dataset}, test queries",
            metric_type=name,
            metric_name=f"{kind}{name}",
            metric_value=round(float(value), 4),
        )
        for kind, measures in kinds.items()
        for name, value in measures.items()
    ]
