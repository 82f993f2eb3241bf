"""Exports: trained networks as folders for sentence-transformers, and for model.path here."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omegaconf import DictConfig
from transformers import PreTrainedTokenizerFast

from cells.record.model_card import model_card
from cells.record.owned_files import exported, remove
from lightning_modules import Network, TokenSettings
from lightning_modules.loading.saved import RECORD, check_same, read_record

SCORING = (
    "pooling",
    "projection",
    "shared",
    "similarity",
    "temperature",
    "augment_queries",
    "skip_punctuation",
    "pair_length",
    "dimensions",
    "sides",
    "head",
    "width",
)
"""Keys of model.network that affect scores, in models that have them."""


def export(
    cfg: DictConfig,
    network: Network,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    scores: Mapping[str, Any],
) -> None:
    """Write the network to a folder, completely or not at all, in place of an earlier export.

    Args:
        cfg: the cell's configuration.
        network: the network, with the weights to export.
        tokenizer: its tokenizer.
        folder: `export` in the cell's directory; files there that no export writes stay.
        scores: content of the cell's scores.json, for the model card.

    Raises:
        InputError: if the layout cannot hold the network.
    """
    aside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    network.export(aside, tokenizer, TokenSettings(**cfg.model.tokens))
    (aside / RECORD).write_text(json.dumps(_record(cfg), indent=2) + "\n", encoding="utf-8")
    (aside / "README.md").write_text(model_card(cfg, scores), encoding="utf-8")
    remove(folder.parent, exported(folder.parent))
    if folder.exists():  # it holds files that no export writes: they stay
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        shutil.rmtree(aside)
    else:
        aside.rename(folder)


def rehearse(cfg: DictConfig, network: Network, tokenizer: PreTrainedTokenizerFast) -> None:
    """Export to a temporary folder, to refuse before training what the layout cannot represent.

    Raises:
        InputError: if the layout cannot represent the network.
    """
    with TemporaryDirectory() as folder:
        network.export(Path(folder), tokenizer, TokenSettings(**cfg.model.tokens))


def check_export(cfg: DictConfig) -> None:
    """Raise InputError if model.path is an export of a model other than the configured one.

    Raises:
        InputError: naming each key that differs with both values.
    """
    there, here = read_record(cfg.model.path), _record(cfg)
    check_same(
        cfg.model.path,
        {key: (there.get(key, "nothing"), here.get(key, "nothing")) for key in {**there, **here}},
    )


def _record(cfg: DictConfig) -> dict[str, Any]:
    network = {
        f"model.network.{key}": cfg.model.network[key]
        for key in SCORING
        if key in cfg.model.network
    }
    tokens = {f"model.tokens.{key}": value for key, value in cfg.model.tokens.items()}
    return {"model.network._target_": cfg.model.network._target_} | network | tokens
