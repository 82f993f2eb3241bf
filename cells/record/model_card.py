"""The README.md of an export: data, training and scores."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig

CARD = """---
library_name: sentence-transformers
license: other
tags:
- information-retrieval
- label-noise
---

# {name}

Trained by *Retrieval under noise*, with the label noise described below. It is the result of an
experiment, not a product.

| | |
|---|---|
| data | {collection} ({documents} documents, {examples} training examples) |
| base | {base} |
| loss | `{loss}` |
| noise | `{noise}`, realised ratio {ratio} of the training positives; audit {audit} |
| seed | {seed} |
| lengths | queries {query_length} tokens, documents {document_length} |

## Scores on the test split

| measure | value |
|---|---|
{scores}

## Use

```python
{use}
```

Scores agree with those of the project before its temperature of {temperature}, for texts within
the lengths above.

## Licence

The weights are derived from the base model, if there is one, and from the collection: the licences
of both apply. The project's own code is under Apache-2.0.
"""

USES = {
    "build_adapter": "SentenceTransformer",
    "build_static_retriever": "SentenceTransformer",
    "build_dense_retriever": "SentenceTransformer",
    "build_late_interaction_retriever": "MultiVectorEncoder",
    "build_cross_encoder": "CrossEncoder",
}

ENCODING = """from sentence_transformers import {kind}

model = {kind}("<this folder>")
scores = model.similarity(model.encode_query(["a query"]), model.encode_document(["a document"]))"""

PAIRS = """from sentence_transformers import CrossEncoder

model = CrossEncoder("<this folder>")
scores = model.predict([("a query", "a document")])"""


def model_card(cfg: DictConfig, scores: Mapping[str, Any]) -> str:
    """Return the card.

    Args:
        cfg: the cell's configuration.
        scores: content of the cell's scores.json.
    """
    kind = USES[str(cfg.model.network._target_).rpartition(".")[2]]
    data, noise = scores.get("data", {}), scores.get("noise", {})
    return CARD.format(
        name=scores.get("cell", cfg.cell),
        collection=data.get("collection", "unknown"),
        documents=data.get("documents", "?"),
        examples=data.get("training_examples", "?"),
        base=cfg.model.path or "none, trained from scratch",
        loss=cfg.loss._target_,
        noise=cfg.noise._target_,
        ratio=noise.get("realised", "?"),
        audit=noise.get("audit_sha256", "?"),
        seed=cfg.seed,
        query_length=cfg.model.tokens.query_length,
        document_length=cfg.model.tokens.document_length,
        scores="\n".join(f"| {name} | {value:.4f} |" for name, value in scores["measures"].items()),
        use=PAIRS if kind == "CrossEncoder" else ENCODING.format(kind=kind),
        temperature=cfg.model.network.temperature,
    )
