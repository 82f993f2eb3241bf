"""The folder layout of sentence-transformers 6: a list of modules, each in a folder of its own.

Written here by hand, so that an export needs no other package. Left out: what its modules do not
know, namely separate towers.
"""

import copy
import json
from pathlib import Path
from typing import Any, NamedTuple

import transformers
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

IDENTITY = "torch.nn.modules.linear.Identity"


class Texts(NamedTuple):
    """How texts become tokens.

    Attributes:
        query_length: most tokens of a query.
        document_length: most tokens of a document.
        query_prefix: put before every query.
        document_prefix: put before every document.
        special_tokens: whether the tokenizer's special tokens are added to a text.
    """

    query_length: int
    document_length: int
    query_prefix: str
    document_prefix: str
    special_tokens: bool


class Module(NamedTuple):
    """One module of the layout.

    Attributes:
        kind: its class, below `sentence_transformers.`.
        config: its configuration.
        weights: its tensors; None: it has none, or they are already written.
        at_root: its files lie in the export's own folder.
    """

    kind: str
    config: dict[str, Any]
    weights: dict[str, Tensor] | None = None
    at_root: bool = False


def transformer(
    folder: Path, model: Any, tokenizer: PreTrainedTokenizerFast, **settings: object
) -> Module:
    """Write a Hugging Face model and its tokenizer to the export's folder.

    Args:
        folder: of the export.
        model: the model; low-rank updates are added to its weights.
        tokenizer: its tokenizer.
        settings: of sentence-transformers' Transformer module.
    """
    merged(model).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Module("base.modules.transformer.Transformer", settings, at_root=True)


def dense(linear: nn.Linear, key: str) -> Module:
    """Return a projection without bias of the features of that name."""
    names = {"module_input_name": key, "module_output_name": key}
    config = {
        "in_features": linear.in_features,
        "out_features": linear.out_features,
        "bias": False,
        "activation_function": IDENTITY,
    }
    return Module(
        "base.modules.dense.Dense",
        config | names,
        {"linear.weight": linear.weight.detach().cpu().contiguous()},
    )


def normalize(key: str) -> Module:
    """Return unit length for the features of that name."""
    return Module(
        "base.modules.normalize.Normalize", {"module_input_name": key, "module_output_name": key}
    )


def feature_extraction() -> dict[str, object]:
    """Return the settings of a Transformer module that gives token states."""
    how = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
    return {
        "transformer_task": "feature-extraction",
        "modality_config": how,
        "module_output_name": "token_embeddings",
    }


def write(folder: Path, modules: list[Module], *, model_type: str, **settings: object) -> None:
    """Write the list of modules, those that are not yet in the folder, and the model's settings.

    Args:
        folder: of the export.
        modules: in the order in which they are applied.
        model_type: SentenceTransformer, MultiVectorEncoder or CrossEncoder.
        settings: prompts and the like.
    """
    entries = []
    for place, module in enumerate(modules):
        name = "" if module.at_root else f"{place}_{module.kind.rpartition('.')[2]}"
        (folder / name).mkdir(exist_ok=True)
        _write_json(
            folder / name / ("sentence_bert_config.json" if module.at_root else "config.json"),
            module.config,
        )
        if module.weights is not None:
            save_file(module.weights, folder / name / "model.safetensors")
        entries.append(
            {
                "idx": place,
                "name": str(place),
                "path": name,
                "type": f"sentence_transformers.{module.kind}",
            }
        )
    _write_json(folder / "modules.json", entries)
    versions = {"sentence_transformers": "6.2.0", "transformers": transformers.__version__}
    _write_json(
        folder / "config_sentence_transformers.json",
        {"__version__": versions, "model_type": model_type, **settings},
    )


def merged(model: Any) -> Any:
    """Return the model itself, or a copy with its low-rank updates added to its weights."""
    return copy.deepcopy(model).merge_and_unload() if hasattr(model, "merge_and_unload") else model


def with_length(
    tokenizer: PreTrainedTokenizerFast, length: int, *, typed: bool = False
) -> PreTrainedTokenizerFast:
    """Return a copy of the tokenizer that cuts at `length` unless told otherwise and, if `typed`, gives token types."""
    cutting = copy.deepcopy(tokenizer)
    cutting.model_max_length = length
    if typed:
        cutting.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
        cutting.init_kwargs["model_input_names"] = (
            cutting.model_input_names
        )  # saved only if they are among these
    return cutting


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
