"""Errors caused by the machine, in words: disks, missing folders, memory, killed processes."""

import errno
import math
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE}
GONE = {errno.ENOENT, errno.ENOTDIR}
UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")
SCARCE = 2**20
"""Fewer free bytes than this mean that a write without a reason failed for want of space."""
WRITING = re.compile(
    r"PytorchStreamWriter|inline_container|I/O ?[Ee]rror|requested and \d+ written"
)
MEMORY = re.compile(
    r"can't allocate memory|out of memory|Unable to allocate|bad_alloc", re.IGNORECASE
)
AMOUNT = re.compile(r"allocate ([\d.]+) ?([KMGTPE]i?B|bytes)")
SIZES = (
    "batch.size",
    "evaluation.depth",
    "evaluation.batch_tokens",
    "negatives.depth",
    "negatives.per_example",
    "noise.K",
    "noise.encoder.dimensions",
    "model.candidates",
    "model.network.dimensions",
    "model.network.projection",
    "model.tokenizer.vocabulary_size",
    "model.tokens.query_length",
    "model.tokens.document_length",
)
RECOMPUTE = "model.network.adaptation.recompute"


def in_words(error: BaseException, cfg: DictConfig) -> str | None:
    """Return what to tell the user; None: the machine is not the cause.

    Args:
        error: what ended the cell; its causes count too.
        cfg: the configuration of the cell.
    """
    folders = {key: Path(str(cfg[key])) for key in ("output_dir", "cache_dir")}
    one: BaseException | None = error
    while one is not None:
        text = _killed(one) or _memory(one, cfg) or _disk(one, folders)
        if text is not None:
            return text
        one = one.__cause__ or one.__context__
    return None


def _killed(error: BaseException) -> str | None:
    """Name the signal that ended one of several processes; torch tells it by these attributes."""
    name, process = getattr(error, "signal_name", None), getattr(error, "error_index", None)
    if name is None or process is None:
        return None
    return (
        f"process {process} was ended by {name} from outside, as a system short of memory does; "
        "the other processes were ended too. The same command continues the cell."
    )


def _disk(error: BaseException, folders: dict[str, Path]) -> str | None:
    number = error.errno if isinstance(error, OSError) else None
    path = _path(error)
    unsaid = number is None and WRITING.search(str(error)) is not None
    if number in FULL or "No space left" in str(error):
        return _full(path, folders)
    if unsaid and any(_free(folder) < SCARCE for folder in folders.values()):
        return _full(path, folders)
    key = next((key for key, folder in folders.items() if path and _below(path, folder)), None)
    if key is None or number not in CLOSED | GONE:
        return None
    if number in GONE and not folders[key].is_dir():
        return f"{key}={folders[key]} is gone: it was removed or unmounted while the cell ran."
    if number in GONE:
        return f"{path} is gone: somebody removed it while the cell ran. The same command goes on."
    reason = os.strerror(number) if number is not None else ""
    return (
        f"{key}={folders[key]}: {path} cannot be used ({reason}). Change its permissions, or {key}."
    )


def _full(path: Path | None, folders: dict[str, Path]) -> str:
    free = ", ".join(
        f"{key}={folder} has {in_bytes(_free(folder))} left" for key, folder in folders.items()
    )
    what = f"{path} could not be written" if path else "a file could not be written"
    return (
        f"no space left: {what}; {free}. Free some and give the same command again: it continues."
    )


def _path(error: BaseException) -> Path | None:
    name = getattr(error, "filename2", None) or getattr(error, "filename", None)
    return Path(os.fsdecode(name)) if isinstance(name, str | bytes) else None


def _below(path: Path, folder: Path) -> bool:
    return path.absolute().is_relative_to(folder.absolute())


def _free(folder: Path) -> int:
    """Free bytes of the disk that the folder is on, or would be."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    return shutil.disk_usage(there).free


def _memory(error: BaseException, cfg: DictConfig) -> str | None:
    text = str(error)
    known = isinstance(error, MemoryError | RuntimeError) or MEMORY.search(text) is not None
    if not isinstance(error, MemoryError) and not (known and MEMORY.search(text)):
        return None
    wanted = _amount(text)
    where = "the GPU's memory" if "CUDA" in text else "memory"
    have = "" if "CUDA" in text else f"; this machine has {in_bytes(_memory_size())}"
    amount = f": {wanted} wanted at once" if wanted else ""
    return f"out of {where}{amount}{have}. {smaller(cfg)}."


def smaller(cfg: DictConfig) -> str:
    """Return what to change in a configuration so that training needs less memory."""
    sizes = f"Make one of these smaller: {_sizes(cfg, SIZES)}"
    if OmegaConf.select(cfg, RECOMPUTE, default="") is not None:
        return sizes
    return f"Set {RECOMPUTE}=chunks, which takes time instead. {sizes}"


def _amount(text: str) -> str | None:
    found = AMOUNT.search(text)
    if found is None:
        return None
    return in_bytes(int(found[1])) if found[2] == "bytes" else f"{found[1]} {found[2]}"


def _sizes(cfg: DictConfig, keys: Sequence[str]) -> str:
    values = {key: OmegaConf.select(cfg, key) for key in keys}
    present = {key: value for key, value in values.items() if isinstance(value, int)}
    largest = sorted(present, key=lambda key: -present[key])
    return ", ".join(f"{key}={present[key]}" for key in largest[:6])


def _memory_size() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def in_bytes(count: float) -> str:
    """Return a number of bytes in the largest unit that leaves at least one."""
    power = min(int(math.log(max(count, 1), 1000)), len(UNITS) - 1)
    return f"{count / 1000**power:,.3g} {UNITS[power]}"
