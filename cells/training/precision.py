"""The precision of training: the configured one, what suits the device, or the fastest."""

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

import checks
from cells.record.stored_config import AUTO, FASTEST, PRECISION, read_config
from cells.training.device import device_of
from errors import InputError

log = logging.getLogger(__name__)

FULL, BFLOAT = "32-true", "bf16-mixed"
HALF = (BFLOAT, "16-mixed")
NAMES = (FULL, *HALF, "64-true")
GAIN = 1.2  # half precision must be this many times as fast to be worth its rounding
SIZE, REPEATS = 512, 5


def settle_precision(cfg: DictConfig) -> None:
    """Set the precision in the configuration, before it is written as what was computed.

    Raises:
        InputError: as `settled_precision`.
    """
    stored = {} if cfg.overwrite else read_config(Path(cfg.output_dir) / cfg.cell)
    cfg.trainer.precision = settled_precision(cfg.trainer, stored)


def settled_precision(trainer: DictConfig, stored: Mapping[str, Any]) -> str:
    """Return the precision of a cell's training, which its config.yaml is to name.

    For auto and fastest it is that with which the cell began, be it on another machine. For a new
    cell auto is bf16-mixed on a GPU that computes in bfloat16 (A100, RTX 30 and newer), and 32-true
    elsewhere; fastest is bf16-mixed where a short measurement finds it so, on a CPU too.

    Args:
        trainer: the configuration of the trainer.
        stored: the configuration that the cell began with; empty: it is new.

    Raises:
        InputError: for an unknown precision, one that the device does not support, or fastest with
            several devices.
    """
    asked, device = str(trainer.precision), device_of(trainer)
    checks.choice("trainer.precision", asked, (*NAMES, AUTO, FASTEST))
    if asked == FASTEST and trainer.devices != 1:
        raise InputError(
            f"trainer.precision={FASTEST} with trainer.devices={trainer.devices}: processes might "
            "measure differently; name one, or use auto."
        )
    settled = _settled(asked, device, stored)
    if settled in HALF and not _supported(settled, device):
        raise InputError(
            f"trainer.precision={settled}: {_name(device)} does not support it; use {FULL}, or "
            f"{AUTO}."
        )
    return settled


def _settled(asked: str, device: str, stored: Mapping[str, Any]) -> str:
    if asked in NAMES:
        return asked
    begun_with = OmegaConf.select(OmegaConf.create(dict(stored)), PRECISION)
    settled = str(begun_with) if begun_with in NAMES else _chosen(asked, device)
    if settled != FULL:
        log.info("trainer.precision=%s: %s", asked, settled)
    return settled


def _chosen(asked: str, device: str) -> str:
    if not _supported(BFLOAT, device):
        return FULL
    is_better = _gain(device) >= GAIN if asked == FASTEST else device == "cuda"
    return BFLOAT if is_better else FULL


def check_precision(trainer: DictConfig, optimizer: DictConfig) -> None:
    """Check what a settled precision does not go with, and warn where it is slow.

    Raises:
        InputError: for clipped gradients that the optimiser scales itself.
    """
    precision = trainer.precision
    if precision == "16-mixed" and trainer.gradient_clip_val and optimizer.get("fused"):
        raise InputError(
            f"trainer.gradient_clip_val={trainer.gradient_clip_val}: with "
            "trainer.precision=16-mixed a fused optimiser scales the gradients too late to clip "
            f"them. Set optimizer.fused=false, or trainer.precision={BFLOAT}."
        )
    if precision in HALF and device_of(trainer) == "cpu" and (gain := _gain("cpu")) < 1:
        log.warning(
            "trainer.precision=%s: on this CPU it is %.1f times slower than %s",
            precision,
            1 / gain,
            FULL,
        )


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "a CPU"


def _supported(precision: str, device: str) -> bool:
    """Return whether the device supports a half precision.

    float16, with 5 bits of exponent, needs scaled gradients, which Lightning has only on GPUs.
    """
    if device == "cpu":
        return precision == BFLOAT
    return precision == "16-mixed" or torch.cuda.is_bf16_supported(including_emulation=False)


def _gain(device: str) -> float:
    """Return how many times as fast a matrix product is in bfloat16 as in float32."""
    return _seconds(torch.float32, device) / _seconds(torch.bfloat16, device)


def _seconds(dtype: torch.dtype, device: str) -> float:
    """Return the shortest time of a matrix product."""
    matrix = torch.ones(SIZE, SIZE, dtype=dtype, device=device)
    times = []
    for _ in range(REPEATS + 1):  # the first one is a warm-up
        started = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for the device
        times.append(time.perf_counter() - started)
    return min(times[1:])
