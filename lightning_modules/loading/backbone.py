"""Loading of a Hugging Face encoder, and what can be done to it before it is trained."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import nn

import checks
from data.tokenizers.packaged_weights import resolve
from errors import InputError
from lightning_modules.training.seeding import seeded

RECOMPUTATIONS = ("layers", "chunks")
SHOWN = 3  # weights named in a message


@dataclass(frozen=True)
class Adaptation:
    """Which weights are trained, and what is kept in memory for their gradients.

    Args:
        freeze_layers: embeddings and the first n layers stay as they are; 0 freezes nothing, the
            embeddings included.
        lora: None trains the weights themselves; otherwise rank, alpha and dropout of low-rank
            updates to all linear layers (Hu et al., "LoRA", ICLR 2022, section 4), which are
            trained instead.
        recompute: None keeps all activations; `layers` keeps those between layers and `chunks`
            those of no chunk of texts, and both compute the rest again on the way back, with the
            same dropout: the gradients are the same, memory is bought with time. `chunks` is the
            gradient cache of Gao et al., "Scaling deep contrastive learning batch size under memory
            limited setup", RepL4NLP 2021.

    Raises:
        InputError: for a value outside its range, or LoRA without the peft package.
    """

    freeze_layers: int = 0
    lora: dict[str, float] | None = None
    recompute: str | None = None

    def __post_init__(self) -> None:
        if self.recompute is not None:
            key = "model.network.adaptation.recompute"
            checks.choice(key, self.recompute, RECOMPUTATIONS, or_null="for none")
        if self.lora is None:
            return
        if find_spec("peft") is None:
            raise InputError(
                "model.network.adaptation.lora needs the package peft: run `pip install peft "
                "accelerate`, or set it to null."
            )
        if (
            set(self.lora) != {"rank", "alpha", "dropout"}
            or not self.lora["rank"] >= 1
            or not 0 <= self.lora["dropout"] < 1
        ):
            raise InputError(
                f"model.network.adaptation.lora={dict(self.lora)}: must give rank (1 or more), "
                f"alpha (a whole number) and dropout (0 <= dropout < 1), e.g. {{rank: 8, alpha: "
                "16, dropout: 0.0}."
            )

    # a Hugging Face model of any class
    def of(self, backbone: Any, seed: int) -> nn.Module:
        """Return the encoder with frozen layers, low-rank updates and recomputation as configured.

        Args:
            backbone: the encoder, changed in place.
            seed: of the low-rank matrices.

        Raises:
            InputError: if it has fewer layers than are to be frozen.
        """
        if self.freeze_layers:
            _freeze(backbone, self.freeze_layers)
        adapted = backbone if self.lora is None else _with_lora(backbone, self.lora, seed)
        if self.recompute == "layers":
            # its name since transformers 5.20, and before
            enable = (
                getattr(backbone, "activation_checkpointing_enable", None)
                or backbone.gradient_checkpointing_enable
            )
            enable({"use_reentrant": False})
        return adapted  # type: ignore[no-any-return] # Hugging Face models are modules


# see Adaptation.of
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
        config = AutoConfig.from_pretrained(folder, **settings)
        if num_hidden_layers is not None:
            _check_layers(path, num_hidden_layers, config.num_hidden_layers)
            config.num_hidden_layers = num_hidden_layers
        with seeded(seed), _silent():
            # mismatches are ignored there and refused here, where both sizes are named
            model, report = auto_class.from_pretrained(
                folder, config=config, output_loading_info=True, ignore_mismatched_sizes=True
            )
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
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
    """No report and no bars from transformers: what is wrong with the files, we say ourselves."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # theirs
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # theirs
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call] # theirs


def positions(backbone: nn.Module) -> int | None:
    """Return most tokens that an encoder takes; None: no limit is known."""
    for name, module in backbone.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            # RoBERTa and its kin number positions from padding_idx + 1
            return module.num_embeddings - (
                0 if module.padding_idx is None else module.padding_idx + 1
            )
    limit: int | None = getattr(backbone.config, "max_position_embeddings", None)
    return limit


def check_length(key: str, length: int, backbone: nn.Module, path: str) -> None:
    """Raise InputError if texts of a configured length have more tokens than the encoder has positions."""
    limit = positions(backbone)
    if limit is not None and length > limit:
        raise InputError(f"{key}={length}: {path} has {limit} positions; use at most {limit}.")


def check_vocabulary(size: int, backbone: Any, path: str) -> None:
    """Raise InputError if a tokenizer of this size has ids that the encoder does not know."""
    rows = backbone.get_input_embeddings().num_embeddings
    if size > rows:
        raise InputError(
            f"model.path={path}: its tokenizer has {size} ids and its encoder {rows} embeddings: "
            "they do not belong together."
        )


def _freeze(backbone: Any, count: int) -> None:
    layers = next(
        (
            m
            for m in backbone.modules()
            if isinstance(m, nn.ModuleList) and len(m) == backbone.config.num_hidden_layers
        ),
        None,
    )
    if layers is None or not 1 <= count <= len(layers):
        present = 0 if layers is None else len(layers)
        raise InputError(
            f"model.network.adaptation.freeze_layers={count}: the encoder has {present} layers; "
            f"use 0 to {present}."
        )
    embeddings = getattr(backbone, "embeddings", None) or backbone.get_input_embeddings()
    for module in (embeddings, *layers[:count]):
        module.requires_grad_(requires_grad=False)


def _with_lora(backbone: Any, settings: dict[str, float], seed: int) -> Any:
    from peft import LoraConfig, LoraModel

    config = LoraConfig(
        r=int(settings["rank"]),
        lora_alpha=int(settings["alpha"]),
        lora_dropout=settings["dropout"],
        target_modules="all-linear",
    )
    with seeded(seed):
        return LoraModel(backbone, config, "default")


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
    return f"model.path={path}: {where} ({reason}). Give a folder with config.json and model.safetensors."
