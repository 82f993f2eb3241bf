"""What is measured on a device, and with what."""

from typing import NamedTuple

from benchmarks.gpu.made_up import Material, Scale


class Bench(NamedTuple):
    """What a part measures with.

    Attributes:
        scale: how large the work is.
        material: the model and the collections.
        device: cuda or cpu.
    """

    scale: Scale
    material: Material
    device: str


class DeviceRow(NamedTuple):
    """One measurement.

    Attributes:
        part: what was done.
        setting: model, sizes and precision.
        contender: who did it.
        speed: how fast, in `unit`.
        unit: e.g. steps/s.
        target: how many times as fast as this contender ours should be; None: no target.
        share: what part of the matrix limit it reached; None: nothing to count.
        peak_gib: the most memory of a GPU that it held; None on a CPU.
    """

    part: str
    setting: str
    contender: str
    speed: float
    unit: str
    target: float | None = None
    share: float | None = None
    peak_gib: float | None = None
