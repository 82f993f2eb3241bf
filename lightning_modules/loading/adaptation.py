"""Adaptation of an encoder for training: frozen layers, low-rank updates, recomputation."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from torch import nn

import checks
from errors import InputError
from lightning_modules.training.seeding import seeded

RECOMPUTATIONS = ("layers", "chunks")


@dataclass(frozen=True)
class Adaptation:
    """Which weights are trained, and what is kept in memory for their gradients.

    Args:
        freeze_layers: the embeddings and the first n layers are not trained; 0 trains everything,
            including the embeddings.
        lora: None trains the weights themselves; otherwise rank, alpha and dropout of low-rank
            updates to all linear layers (Hu et al., "LoRA", ICLR 2022, section 4), which are
            trained instead.
        recompute: None keeps all activations, `layers` only those between layers, and `chunks`
            none. The rest is recomputed in the backward pass with the same dropout, which gives
            the same gradients with less memory and more time. `chunks` is the
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
        key = "model.network.adaptation.lora"
        if set(self.lora) != {"rank", "alpha", "dropout"}:
            raise InputError(
                f"{key}={dict(self.lora)}: must give rank, alpha and dropout, e.g. "
                "{rank: 8, alpha: 16, dropout: 0.0}."
            )
        for name in ("rank", "alpha"):
            checks.integer(f"{key}.{name}", self.lora[name], 1)
        share = "a share, 0 <= dropout < 1"
        checks.real(f"{key}.dropout", self.lora["dropout"], share, 0.0, 1.0, open_high=True)

    # a Hugging Face model of any class
    def of(self, backbone: Any, seed: int) -> nn.Module:
        """Return the encoder with frozen layers, low-rank updates and recomputation as configured.

        Args:
            backbone: the encoder, changed in place.
            seed: of the low-rank matrices.

        Raises:
            InputError: if it has fewer layers than are to be frozen, layers that share their
                weights, or layers that it cannot compute again.
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
            try:
                enable({"use_reentrant": False})
            except ValueError as error:
                raise InputError(
                    f"model.network.adaptation.recompute=layers: {type(backbone).__name__} cannot "
                    "compute its layers again; set it to chunks, which any encoder can, or null."
                ) from error
        return adapted  # type: ignore[no-any-return] # Hugging Face models are modules


def _freeze(backbone: Any, count: int) -> None:
    layers = next(
        (
            m
            for m in backbone.modules()
            if isinstance(m, nn.ModuleList) and len(m) == backbone.config.num_hidden_layers
        ),
        None,
    )
    if layers is None:
        raise InputError(
            f"model.network.adaptation.freeze_layers={count}: the layers of "
            f"{type(backbone).__name__} share their weights, so some cannot be frozen; use 0."
        )
    if not 1 <= count <= len(layers):
        raise InputError(
            f"model.network.adaptation.freeze_layers={count}: the encoder has "
            f"{len(layers)} layers; "
            f"use 0 to {len(layers)}."
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
