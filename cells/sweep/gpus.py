"""Resources of the processes of a local sweep: one thread and, if there are any, one GPU each."""

import logging
import os
import re
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

SHARED = "RETRIEVAL_GPUS_ARE_SHARED"
VISIBLE = "CUDA_VISIBLE_DEVICES"
NONE = {"", "-1", "NoDevFiles"}
"""Names that users and SLURM give where there is no GPU."""

log = logging.getLogger(__name__)
_taken: list[FileLock] = []
"""The lock of this process's GPU; the kernel releases it however the process ends."""


def share() -> None:
    """Give launched processes one GPU each, and one thread each unless OMP_NUM_THREADS is set."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ[SHARED] = "1"


def gpus() -> list[str]:
    """Return the GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    No CUDA library is loaded, because it would choose a GPU.
    """
    if VISIBLE in os.environ:
        return [name for name in os.environ[VISIBLE].split(",") if name not in NONE]
    return sorted(
        (
            match[1]
            for path in Path("/dev").glob("nvidia*")
            if (match := re.fullmatch(r"nvidia(\d+)", path.name))
        ),
        key=int,
    )


def jobs_at_once(wanted: object) -> int:
    """Return the number of cells at once: the wanted one, or one per GPU, or -1 (one per core)."""
    return int(str(wanted)) if wanted is not None else len(gpus()) or -1


def take_one_gpu() -> None:
    """Take a GPU that no other process of a local sweep has, once per process; hide the others."""
    if SHARED not in os.environ or _taken:
        return
    found = gpus()
    for gpu in found:
        path = Path(tempfile.gettempdir()) / f"retrieval-gpu-{os.getuid()}-{gpu}.lock"
        lock = FileLock(path, mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        _taken.append(lock)
        os.environ[VISIBLE] = gpu
        return
    if found:
        log.warning(
            "the GPUs %s are all taken by other cells: sharing one; see hydra.launcher.n_jobs",
            ",".join(found),
        )
