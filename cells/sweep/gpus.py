"""What a local sweep shares out among its processes: to each one thread, and one GPU where there are any."""

import fcntl
import logging
import os
import re
import tempfile
from pathlib import Path

SHARED = "RETRIEVAL_GPUS_ARE_SHARED"
VISIBLE = "CUDA_VISIBLE_DEVICES"

log = logging.getLogger(__name__)
_taken: list[
    int
    # the lock of this process's GPU; the kernel frees it when the process ends, however that happens
] = []


def share() -> None:
    """Let the processes that a launcher starts from here have one thread each, unless OMP_NUM_THREADS says otherwise, and one GPU each."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ[SHARED] = "1"


def gpus() -> list[str]:
    """Return the GPUs that this process may use, by what CUDA_VISIBLE_DEVICES calls them. No library is loaded: it would choose one."""
    if VISIBLE in os.environ:
        return [name for name in os.environ[VISIBLE].split(",") if name]
    return sorted(
        (
            match[1]
            for path in Path("/dev").glob("nvidia*")
            if (match := re.fullmatch(r"nvidia(\d+)", path.name))
        ),
        key=int,
    )


def jobs_at_once(wanted: object) -> int:
    """Return how many cells a local sweep runs at once: what is wanted, or one a GPU, or -1: one a core."""
    return int(str(wanted)) if wanted is not None else len(gpus()) or -1


def take_one_gpu() -> None:
    """Take, once a process, a GPU that no other process of a local sweep has, and hides the others."""
    if SHARED not in os.environ or _taken:
        return
    found = gpus()
    for gpu in found:
        path = Path(tempfile.gettempdir()) / f"retrieval-gpu-{os.getuid()}-{gpu}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        _taken.append(descriptor)
        os.environ[VISIBLE] = gpu
        return
    if found:
        log.warning(
            "all of the GPUs %s are taken by other cells: sharing one; see hydra.launcher.n_jobs",
            ",".join(found),
        )
