"""Loading of a Hugging Face encoder: all of its weights, in float32, and no code from its files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedTokenizerFast

from data.tokenizers.model_files import check_encoder, refuse_own_code
from data.tokenizers.packaged_weights import resolve
from errors import InputError
from lightning_modules.layers.word_vectors import padding_of_positions
from lightning_modules.training.seeding import seeded

SHOWN = 3  # weights named in a message


# a Hugging Face model of any class
def load_backbone(path: str, *, num_hidden_layers: int | None, seed: int) -> Any:
    """Load an encoder without its pooler.

    Args:
        path: hub name, local folder or `packaged:minilm`.
        num_hidden_layers: keep only the first n layers; None keeps all.
        seed: of weights that nothing reads.

    Raises:
        InputError: if there is no such encoder, its weights are truncated, incomplete or of another
            size, or it has fewer layers.
    """
    from transformers import AutoModel

    backbone = loaded(AutoModel, path, num_hidden_layers=num_hidden_layers, seed=seed)
    if getattr(backbone, "pooler", None) is not None:
        backbone.pooler = (
            None  # no pooling reads it, and weights without gradients stop a distributed run
        )
    return backbone


def loaded(
    auto_class: Any,
    path: str,
    *,
    num_hidden_layers: int | None,
    seed: int,
    whole: bool = False,
    **settings: object,
) -> Any:
    """Load a model and make sure that all weights of its encoder came from the files.

    Args:
        auto_class: AutoModel or one of its kin.
        path: hub name, local folder or `packaged:minilm`.
        num_hidden_layers: keep only the first n layers; None keeps all.
        seed: of weights that the files need not hold: those outside the encoder, and a pooler's.
        whole: the files must hold those outside the encoder as well.
        settings: changes to the model's configuration.

    Raises:
        InputError: see `load_backbone`.
    """
    from safetensors import SafetensorError
    from transformers import AutoConfig

    folder = resolve(path)
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, **settings)
        check_encoder(path, folder)
        if num_hidden_layers is not None:
            _check_layers(path, num_hidden_layers, config.num_hidden_layers)
            config.num_hidden_layers = num_hidden_layers
        with seeded(seed), _silent():
            # mismatches are ignored there and refused here, where both sizes are named
            model, report = auto_class.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,  # half precision would lose updates
                trust_remote_code=False,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
            )
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        refuse_own_code(path, folder, error)
        raise InputError(_not_loaded(path, folder, error)) from error
    _check_weights(path, model, report, whole=whole)
    return model


def _check_weights(path: str, model: Any, report: Mapping[str, Any], *, whole: bool) -> None:
    mismatched = sorted(report["mismatched_keys"])
    if mismatched:
        sizes = [
            f"{name}: {list(there)} in its files, {list(here)} by its config.json"
            for name, there, here in mismatched[:SHOWN]
        ]
        raise InputError(
            f"model.path={path}: {len(mismatched)} weights have another size ({'; '.join(sizes)}). "
            "Give files that fit together; a classifier must have one class."
        )
    encoder = f"{model.base_model_prefix}." if hasattr(model, model.base_model_prefix) else ""
    needed = "" if whole else encoder
    missing = sorted(
        name
        for name in report["missing_keys"]
        if name.startswith(needed) and (whole or "pooler" not in name)
    )
    if missing:
        others = sorted(report["unexpected_keys"])
        instead = f", which hold others instead ({', '.join(others[:SHOWN])})" if others else ""
        wanted = f"{len(missing)} weights of {type(model).__name__} ({', '.join(missing[:SHOWN])})"
        raise InputError(
            f"model.path={path}: {wanted} are not in its files{instead}: they are truncated or of "
            "another architecture. Give a folder with all weights in model.safetensors."
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Silence reports and bars of transformers; problems of the files are reported here."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def positions(backbone: nn.Module) -> int | None:
    """Return most tokens that an encoder takes; None: no limit is known."""
    for name, module in backbone.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            padding = padding_of_positions(backbone)
            return module.num_embeddings - (0 if padding is None else padding + 1)
    limit: int | None = getattr(backbone.config, "max_position_embeddings", None)
    return limit


def check_length(key: str, length: int, backbone: nn.Module, path: str) -> None:
    """Raise InputError if texts of the configured length exceed the encoder's positions."""
    limit = positions(backbone)
    if limit is not None and length > limit:
        raise InputError(f"{key}={length}: {path} has {limit} positions; use at most {limit}.")


def check_tokenizer(tokenizer: PreTrainedTokenizerFast, backbone: Any, path: str) -> None:
    """Raise InputError if a tokenizer has ids that the encoder does not know.

    An encoder without a padding id gets the tokenizer's.
    """
    size = len(tokenizer)
    rows = backbone.get_input_embeddings().num_embeddings
    if size > rows:
        raise InputError(
            f"model.path={path}: its tokenizer has {size} ids and its encoder {rows} embeddings: "
            "they do not belong together."
        )
    if backbone.config.pad_token_id is None:
        backbone.config.pad_token_id = tokenizer.pad_token_id


def _check_layers(path: str, wanted: int, present: int) -> None:
    if not 1 <= wanted <= present:
        raise InputError(
            f"model.network.num_hidden_layers={wanted}: {path} has {present} layers; use 1 to "
            f"{present}, or null for all."
        )


def _not_loaded(path: str, folder: str, error: Exception) -> str:
    exists = Path(folder).is_dir()
    where = (
        "the folder exists but cannot be loaded"
        if exists
        else "it is neither a folder nor a model that can be downloaded"
    )
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    advice = "Give a folder with config.json and model.safetensors."
    return f"model.path={path}: {where} ({reason}). {advice}"
