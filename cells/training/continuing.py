"""The choice of the checkpoint from which an interrupted cell continues.

A checkpoint is usable if it is complete, and so are the other files that it needs: the weights of
the best epoch so far, and the negatives in use. A damaged one is named and the one before it is
used; if none is left, training starts from the beginning.
"""

import logging
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from cells.record.owned_files import WEIGHTS
from cells.sweep.processes import is_main_process
from data.storage.hashed_files import fault_of
from errors import InputError
from lightning_modules.training.callbacks import Epochs, best_epoch
from lightning_modules.training.refresh import NegativeRefresh

log = logging.getLogger(__name__)

NAMES = ("last.ckpt", "previous.ckpt")
FILES = {".ckpt", ".npz", ".safetensors"}
"""Endings of the files in the folder; a folder that bears one is moved out of the way."""
PARTS = (
    "callbacks",
    "epoch",
    "global_step",
    "loader",
    "loops",
    "lr_schedulers",
    "optimizer_states",
    "random",
    "state_dict",
)
"""What a checkpoint holds, beside whose it is."""
UNREADABLE = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
    TypeError,
    AttributeError,
    AssertionError,
    ImportError,
    OverflowError,
    MemoryError,
    UnpicklingError,
    struct.error,
)
"""What torch raises for files that are no checkpoints."""


def newest(folder: Path, fingerprint: str, measure: str) -> Path | None:
    """Return the newest checkpoint that can be continued from; None: start from the beginning.

    Args:
        folder: of the checkpoints.
        fingerprint: of the cell's configuration.
        measure: column of the history that chooses the best epoch.

    Raises:
        InputError: if one is of another configuration.
    """
    for path in folder.glob("*.*"):
        if path.is_dir() and path.suffix in FILES:
            _warn(path, "it is a folder")
            _set_aside(path)
    known: list[dict[str, float]] = []  # rows of the history, as far as any checkpoint knows
    for path in (folder / name for name in NAMES):
        if not path.exists():
            continue
        try:
            checkpoint = _read(path)
            rows = _state(checkpoint, Epochs)["rows"]
            known = max(known, rows, key=len)
            fault = _lacking(folder, checkpoint, rows, known, measure)
        except UNREADABLE as error:
            fault = str(error).strip().split("\n", 1)[0][:100] or type(error).__name__
        if fault is None and checkpoint["cell"] != fingerprint:
            raise InputError(
                f"{path} is of another cell or configuration: run this cell afresh with "
                "overwrite=true."
            )
        if fault is None:
            return path
        _warn(path, fault)
        _set_aside(path)
    return None


def weights_fault(path: Path) -> str | None:
    """Return why a file cannot be the weights that were written; None if it can."""
    fault = fault_of(path)
    if fault is not None:
        return fault
    try:
        with safe_open(path, "pt"):
            return None
    except (OSError, SafetensorError) as error:
        return str(error)


def _read(path: Path) -> Mapping[str, Any]:
    fault = fault_of(path)
    if fault is not None:
        raise ValueError(fault)
    checkpoint = torch.load(path, weights_only=True, map_location="cpu", mmap=True)
    if not isinstance(checkpoint, dict):
        raise TypeError(f"it holds a {type(checkpoint).__name__} and no checkpoint")
    lacking = [part for part in ("cell", *PARTS) if part not in checkpoint]
    if lacking:
        raise LookupError(f"it lacks {', '.join(lacking)}")
    return checkpoint


def _lacking(
    folder: Path,
    checkpoint: Mapping[str, Any],
    rows: Sequence[dict[str, float]],
    known: Sequence[dict[str, float]],
    measure: str,
) -> str | None:
    """Return a description of the damaged files that it needs."""
    # where the best epoch is still to come for it, its weights will be written again
    if rows and best_epoch(list(known), measure) < len(rows):
        weights = folder / Path(WEIGHTS).name
        fault = weights_fault(weights)
        if fault is not None:
            return f"{weights.name}: {fault}"
    mined = _state(checkpoint, NegativeRefresh).get("mined", 0)
    fault = fault_of(folder / f"negatives-{mined}.npz") if mined else None
    return None if fault is None else f"negatives-{mined}.npz: {fault}"


def _state(checkpoint: Mapping[str, Any], callback: type[Epochs | NegativeRefresh]) -> Any:
    """Return the state of a callback, which Lightning keys by the name of its class."""
    return checkpoint["callbacks"].get(callback.__name__, {})


def _warn(path: Path, fault: str) -> None:
    log.warning(
        "%s cannot be continued from (%s): an earlier one is used, or training starts again",
        path,
        fault,
    )


def _set_aside(path: Path) -> None:
    """Rename what cannot be used, or it would take the place of the good one before it."""
    if not is_main_process():
        return
    aside = path.with_name(f"{path.name}.damaged")
    while aside.exists():
        aside = aside.with_name(f"{aside.name}.damaged")
    path.replace(aside)
