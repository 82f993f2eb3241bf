"""How many jobs a SLURM array may have, and pieces of that size."""

import re
import subprocess
from collections.abc import Sequence
from typing import TypeVar

import checks
from errors import InputError

USUAL = 1001
"""MaxArraySize where the cluster's configuration does not say otherwise."""
Thing = TypeVar("Thing")


def array_limit(configured: int | None) -> int:
    """Return the largest number of jobs in an array.

    Args:
        configured: `hydra.launcher.max_array_size`; None: ask the cluster (`MaxArraySize`).

    Raises:
        InputError: the cluster allows no arrays, or the configured number is not one.
    """
    if configured is not None:
        return checks.integer("hydra.launcher.max_array_size", configured, 1)
    limit = _of_cluster()
    if limit < 1:
        raise InputError(
            "this cluster allows no job arrays (MaxArraySize=0): set "
            "hydra.launcher.max_array_size=1, so that each job is submitted by itself."
        )
    return limit


def _of_cluster() -> int:
    try:
        said = subprocess.run(
            ["scontrol", "show", "config"],  # noqa: S607  (wherever SLURM is installed)
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return USUAL
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.MULTILINE)
    return USUAL if found is None else int(found[1])


def chunks(things: Sequence[Thing], size: int) -> list[Sequence[Thing]]:
    """Return the things in order, in pieces of at most `size`."""
    return [things[start : start + size] for start in range(0, len(things), size)]
