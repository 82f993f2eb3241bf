"""Wall time and memory of work on a device, and the device's limit."""

import time
from collections.abc import Callable

import pytorch_lightning as pl
import torch
from transformers import TrainerCallback

from benchmarks.measuring import machine

GIB = 2**30
MEASURED = 0.2  # seconds of matrix products, at least


def wait(device: str) -> None:
    """Wait until the device has done its work."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds_of(work: Callable[[], object], device: str) -> float:
    """Return wall seconds of a call and of the work it leaves to the device."""
    wait(device)
    started = time.perf_counter()
    work()
    wait(device)
    return time.perf_counter() - started


def peak_gib(work: Callable[[], float], device: str) -> tuple[float, float | None]:
    """Return what the work returns, and the most memory of a GPU that it held; None on a CPU."""
    if device == "cpu":
        return work(), None
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    result = work()
    return result, torch.cuda.max_memory_allocated() / GIB


def matrix_rate(device: str, dtype: torch.dtype, size: int) -> float:
    """Return operations a second of a large matrix product, the mean after a warm-up."""
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    once = min(seconds_of(lambda: torch.mm(left, right), device) for _ in range(2))
    repeats = max(1, round(MEASURED / once))

    def repeated() -> None:
        for _ in range(repeats):
            torch.mm(left, right)

    return 2 * size**3 * repeats / seconds_of(repeated, device)


def facts(device: str) -> dict[str, str]:
    """Return what the numbers depend on beside the code."""
    if device == "cpu":
        return machine()
    name, memory = torch.cuda.get_device_name(), torch.cuda.mem_get_info()[1] / GIB
    return machine() | {"GPU": f"{name}, {memory:.0f} GiB", "CUDA": str(torch.version.cuda)}


class Span:
    """Wall seconds a step, between the ends of two steps.

    The device is waited for at these two only, so that it works on while the host prepares.

    Args:
        first: steps before the time starts.
        last: steps at its end.
        device: cuda or cpu.
    """

    def __init__(self, first: int, last: int, device: str) -> None:
        self._first, self._last, self._device = first, last, device
        self._steps = 0
        self._moments: list[float] = []

    def step_ended(self) -> None:
        """Count a step."""
        self._steps += 1
        if self._steps in {self._first, self._last}:
            wait(self._device)
            self._moments.append(time.perf_counter())

    @property
    def per_step(self) -> float:
        """Seconds a step."""
        started, ended = self._moments
        return (ended - started) / (self._last - self._first)


class OurSteps(pl.Callback):
    """Tells a span of the steps of Lightning's trainer."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def on_train_batch_end(self, *_: object) -> None:
        """Count it."""
        self._span.step_ended()


class TheirSteps(TrainerCallback):
    """Tells a span of the steps of the trainer of transformers."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def on_step_end(self, *_: object, **__: object) -> None:
        """Count it."""
        self._span.step_ended()
