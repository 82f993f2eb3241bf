"""The folder layout of sentence-transformers 6: a list of modules, each in its own folder.

It is written by hand, so that an export needs no other package. Separate encoders for queries and
documents are not supported, since its modules do not have them; separate heads on one encoder are.
"""

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import transformers
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTITY = "torch.nn.modules.linear.Identity"
RELU = "torch.nn.modules.activation.ReLU"
ROUTER = "base.modules.router.Router"


class TokenSettings(NamedTuple):
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


class SavedModule(NamedTuple):
    """One module of the layout.

    Attributes:
        kind: its class, below `sentence_transformers.`.
        config: its configuration.
        weights: its tensors; None: it has none, or they are already written.
        at_root: its files lie in the export's own folder.
        routes: of a router, the modules of each task (query, document).
    """

    kind: str
    config: dict[str, Any]
    weights: dict[str, Tensor] | None = None
    at_root: bool = False
    routes: "Mapping[str, list[SavedModule]] | None" = None

    @property
    def name(self) -> str:
        """Its class alone."""
        return self.kind.rpartition(".")[2]


def transformer(
    folder: Path, model: Any, tokenizer: PreTrainedTokenizerFast, **settings: object
) -> SavedModule:
    """Write a Hugging Face model and its tokenizer to the export's folder.

    Args:
        folder: of the export.
        model: the model; low-rank updates are added to its weights.
        tokenizer: its tokenizer.
        settings: of sentence-transformers' Transformer module.
    """
    merged(model).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return SavedModule("base.modules.transformer.Transformer", settings, at_root=True)


def dense(weight: Tensor, key: str, activation: str = IDENTITY) -> SavedModule:
    """Return a projection [D, H] without bias of the features of that name."""
    names = {"module_input_name": key, "module_output_name": key}
    config = {
        "in_features": weight.shape[1],
        "out_features": weight.shape[0],
        "bias": False,
        "activation_function": activation,
    }
    return SavedModule(
        "base.modules.dense.Dense",
        config | names,
        {"linear.weight": weight.detach().cpu().contiguous()},
    )


def routed(queries: list[SavedModule], documents: list[SavedModule]) -> list[SavedModule]:
    """Return the modules that both sides share, then a router to the rest of each.

    A text that is encoded without saying whether it is a query or a document is refused there.
    """
    shared = len([module for module in queries if module.weights is None])
    routes = {"query": queries[shared:], "document": documents[shared:]}
    settings = {"default_route": None, "allow_empty_key": False}
    return [*queries[:shared], SavedModule(ROUTER, settings, routes=routes)]


def normalize(key: str) -> SavedModule:
    """Return unit length for the features of that name."""
    return SavedModule(
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


def write(folder: Path, modules: list[SavedModule], *, model_type: str, **settings: object) -> None:
    """Write the list of modules, those that are not yet in the folder, and the model's settings.

    Args:
        folder: of the export.
        modules: in the order in which they are applied.
        model_type: SentenceTransformer, MultiVectorEncoder or CrossEncoder.
        settings: prompts and the like.
    """
    entries = []
    for place, module in enumerate(modules):
        name = "" if module.at_root else f"{place}_{module.name}"
        _write_module(folder / name, module)
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


def _write_module(folder: Path, module: SavedModule) -> None:
    folder.mkdir(exist_ok=True)
    if module.routes is not None:
        _write_routes(folder, module.routes, module.config)
        return
    _write_json(
        folder / ("sentence_bert_config.json" if module.at_root else "config.json"), module.config
    )
    if module.weights is not None:
        save_file(module.weights, folder / "model.safetensors")


def _write_routes(
    folder: Path, routes: "Mapping[str, list[SavedModule]]", parameters: dict[str, Any]
) -> None:
    structure = {
        task: [f"{task}_{place}_{module.name}" for place, module in enumerate(modules)]
        for task, modules in routes.items()
    }
    types = {}
    for task, modules in routes.items():
        for name, module in zip(structure[task], modules, strict=True):
            _write_module(folder / name, module)
            types[name] = f"sentence_transformers.{module.kind}"
    config = {"types": types, "structure": structure, "parameters": parameters}
    _write_json(folder / "router_config.json", config)


def merged(model: Any) -> Any:
    """Return the model itself, or a copy with its low-rank updates added to its weights."""
    return copy.deepcopy(model).merge_and_unload() if hasattr(model, "merge_and_unload") else model


def with_length(
    tokenizer: PreTrainedTokenizerFast, length: int, *, typed: bool = False
) -> PreTrainedTokenizerFast:
    """Return a copy of the tokenizer that truncates at `length`, with token types if `typed`."""
    cutting = copy.deepcopy(tokenizer)
    cutting.model_max_length = length
    if typed:
        cutting.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
        # saved only if they are among these
        cutting.init_kwargs["model_input_names"] = cutting.model_input_names
    return cutting


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
