"""The precision of training: the configured one, or the fastest in a short measurement."""

import logging
import time

import torch
from omegaconf import DictConfig

import checks
from cells.training.device import device_of
from errors import InputError

log = logging.getLogger(__name__)

FULL = "32-true"
HALF = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
NAMES = (FULL, *HALF, "64-true", "auto")
GAIN = 1.2  # half precision must be this many times as fast to be worth its rounding
SIZE, REPEATS = 512, 5


def check_precision(trainer: DictConfig) -> None:
    """Check the setting before any work.

    Raises:
        InputError: for an unknown precision, one that the device does not support, or auto with
            several devices.
    """
    asked, device = str(trainer.precision), device_of(trainer)
    checks.choice("trainer.precision", asked, NAMES)
    if asked == "auto" and trainer.devices != 1:
        raise InputError(
            f"trainer.precision=auto with trainer.devices={trainer.devices}: processes might "
            "measure differently; name one."
        )
    if asked in HALF and not _supported(asked, device):
        raise InputError(
            f"trainer.precision={asked}: {_name(device)} does not support it; use {FULL}, or auto."
        )


def settled_precision(trainer: DictConfig) -> str:
    """Return the precision of training; for auto, the fastest that the device supports.

    Args:
        trainer: the checked configuration of the trainer.
    """
    asked, device = str(trainer.precision), device_of(trainer)
    if asked == "auto":
        return _fastest(device)
    if asked in HALF and device == "cpu" and (gain := _gain(asked, device)) < 1:
        log.warning(
            "trainer.precision=%s: on this CPU it is %.1f times slower than %s",
            asked,
            1 / gain,
            FULL,
        )
    return asked


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "a CPU"


def _supported(precision: str, device: str) -> bool:
    """Return whether the device supports a half precision.

    float16, with 5 bits of exponent, needs scaled gradients, which Lightning has only on GPUs.
    """
    if device == "cpu":
        return precision == "bf16-mixed"
    return precision == "16-mixed" or torch.cuda.is_bf16_supported(including_emulation=False)


def _fastest(device: str) -> str:
    gains = {
        precision: _gain(precision, device) for precision in HALF if _supported(precision, device)
    }
    best = max(gains, key=lambda precision: gains[precision])
    chosen = best if gains[best] >= GAIN else FULL
    log.info(
        "trainer.precision=auto: %s; %s is %.1f times as fast as %s on %s",
        chosen,
        best,
        gains[best],
        FULL,
        _name(device),
    )
    return chosen


def _gain(precision: str, device: str) -> float:
    return _seconds(torch.float32, device) / _seconds(HALF[precision], device)


def _seconds(dtype: torch.dtype, device: str) -> float:
    """Return the shortest time of a matrix product."""
    matrix = torch.ones(SIZE, SIZE, dtype=dtype, device=device)
    times = []
    for _ in range(REPEATS + 1):  # the first one is a warm-up
        started = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for the device
        times.append(time.perf_counter() - started)
    return min(times[1:])
