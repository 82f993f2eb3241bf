"""The README.md of an export: data, labels, scores, training and use."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCardData
from omegaconf import DictConfig, OmegaConf

CARD = """---
{metadata}
---

# {name}

Trained by *Retrieval under noise* on {collection} ({documents} documents, {examples} training
examples), {base}. {labels} It is the result of an experiment, not a product.

## Scores on the test split

{scores}

All are against clean judgements.

## Training

```yaml
{settings}```

The weights are those after epoch {epoch}, chosen on validation. Versions: {versions}. Commit:
{commit}. SHA-256 of the record of corrupted labels: {audit}.

## Use

```python
{use}
```

Scores agree with those of the project before its temperature of {temperature}, for queries of up to
{query_length} and documents of up to {document_length} tokens.

## Licence

The weights are derived from {origins}: {licences}. The project's own code is under Apache-2.0.
"""

SETTINGS = ("loss", "noise", "optimizer", "scheduler", "batch", "negatives", "trainer", "seed")
"""Keys of the configuration that the card shows."""

USES = {
    "build_adapter": "SentenceTransformer",
    "build_static_retriever": "SentenceTransformer",
    "build_dense_retriever": "SentenceTransformer",
    "build_late_interaction_retriever": "MultiVectorEncoder",
    "build_cross_encoder": "CrossEncoder",
}

DONE = {
    "natural": "are the noisy ones of the collection itself",
    "clean_pairs": "were left out, which noise would have corrupted",
}
"""Noise that corrupts nothing on purpose -> what it did to the labels it counts."""

ENCODING = """from sentence_transformers import {kind}

model = {kind}("<this folder>")
scores = model.similarity(model.encode_query(["a query"]), model.encode_document(["a document"]))"""

PAIRS = """from sentence_transformers import CrossEncoder

model = CrossEncoder("<this folder>")
scores = model.predict([("a query", "a document")])"""


PACKAGED = {"packaged:minilm": "sentence-transformers/all-MiniLM-L6-v2"}
"""Weights in a package -> their name on the hub."""


def model_card(cfg: DictConfig, scores: Mapping[str, Any]) -> str:
    """Return the card.

    Args:
        cfg: the cell's configuration.
        scores: content of the cell's scores.json.
    """
    kind = USES[str(cfg.model.network._target_).rpartition(".")[2]]
    data, noise = scores.get("data", {}), scores.get("noise", {})
    base = cfg.model.path and (_hub_name(cfg.model.path) or Path(cfg.model.path).name)
    epoch = scores.get("selected_epoch")
    return CARD.format(
        metadata=_metadata(cfg, scores).to_yaml().strip(),
        name=scores.get("cell", cfg.cell),
        collection=data.get("collection", "an unknown collection"),
        documents=data.get("documents", "?"),
        examples=data.get("training_examples", "?"),
        base=f"starting from {base}" if base else "from scratch",
        labels=" ".join(_labels(noise)),
        scores=_table(scores),
        settings=_settings(cfg),
        epoch="?" if epoch is None else epoch + 1,
        versions=", ".join(f"{name} {v}" for name, v in scores.get("versions", {}).items()) or "?",
        commit=scores.get("git_commit") or "unknown",
        audit=noise.get("audit_sha256", "?"),
        query_length=cfg.model.tokens.query_length,
        document_length=cfg.model.tokens.document_length,
        use=PAIRS if kind == "CrossEncoder" else ENCODING.format(kind=kind),
        temperature=cfg.model.network.temperature,
        origins="the base model and the collection" if base else "the collection",
        licences="the licences of both apply" if base else "its licence applies",
    )


def _metadata(cfg: DictConfig, scores: Mapping[str, Any]) -> ModelCardData:
    """Return the metadata: base model, task, tags, and the test measures as model-index.

    Args:
        cfg: the cell's configuration.
        scores: content of the cell's scores.json.
    """
    name = str(scores.get("cell", cfg.cell))
    reranks = str(cfg.model.network._target_).endswith("build_cross_encoder")
    return ModelCardData(
        library_name="sentence-transformers",
        license="other",
        base_model=_hub_name(cfg.model.path),
        pipeline_tag="text-ranking" if reranks else "sentence-similarity",
        tags=["information-retrieval", "label-noise", f"loss:{cfg.loss._target_}"],
        model_name=name,
        eval_results=_results(scores) or None,
    )


def _hub_name(path: str | None) -> str | None:
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


def _labels(noise: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences on the training labels that are true of this noise and ratio."""
    corrupted, units = noise.get("corrupted"), noise.get("units")
    kind = noise.get("model", "unknown")
    if corrupted is None:
        yield "What was done to its training labels is not known."
    elif not corrupted:
        yield "Its training labels are those of the collection, and none was corrupted."
    else:
        done = DONE.get(kind, f"were corrupted on purpose ({kind} noise)")
        yield f"Of its {units} training labels, {corrupted} ({corrupted / units:.1%}) {done}."
        yield "Validation and test labels were not changed."


def _table(scores: Mapping[str, Any]) -> str:
    """Return the measures of the trained model, and of what it has to beat."""
    columns = {"trained": scores["measures"]}
    for heading, key in (("untrained", "untrained"), ("BM25", "bm25")):
        if scores.get(key):
            columns[heading] = scores[key]
    lines = [["measure", *columns], ["---"] + ["---:"] * len(columns)]
    for name in scores["measures"]:
        values = (column.get(name) for column in columns.values())
        lines.append([name, *("" if value is None else f"{value:.4f}" for value in values)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _settings(cfg: DictConfig) -> str:
    values = {key: OmegaConf.select(cfg, key) for key in SETTINGS}
    plain = {
        key: OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        for key, value in values.items()
        if value is not None
    }
    text: str = yaml.safe_dump(plain, sort_keys=False)
    return text
