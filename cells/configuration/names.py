"""Names that become part of a cell's path, of a run's tag and of W&B's tags."""

import os
import re
from hashlib import blake2b
from pathlib import Path

from omegaconf import DictConfig

from errors import InputError

LONGEST = 64
"""Longest part of a cell's name, in characters: the limit of W&B's tags."""
UNUSABLE = re.compile(r"[\s=/\\\x00-\x1f\x7f]+")
"""Not allowed: white space ends a run's tag, a slash a folder; Hydra cannot name `=`."""
LONGEST_BYTES = 240
"""Bytes of one part: file systems allow 255, including the suffixes of temporary files."""
FLAT = 180
"""Bytes of a flat name, so that suffixes and a process id fit into a file name's 255."""
ALLOWED = f"1 to {LONGEST} characters without white space, '/', '\\' and '='"


def folder_name(path: str) -> str:
    """Return the name of a folder as a part of a cell's name.

    `.` and `..` are followed first; what no name may hold becomes a dash.

    Raises:
        InputError: the folder has no name.
    """
    name = Path(os.path.normpath(Path(path).expanduser().absolute())).name  # links keep theirs
    if not name:
        raise InputError(
            f"dataset.path={path} is the root of the file system, which has no name: give a folder "
            "in it, or name the collection with collection=<word>."
        )
    return UNUSABLE.sub("-", name)[:LONGEST]


def flat_name(cell: str) -> str:
    """Return a file's name for a cell: its path in one part, and no other cell's."""
    flat = cell.replace("/", "__")
    if "__" not in cell and len(flat.encode("utf-8", "replace")) <= FLAT:
        return flat
    digest = blake2b(cell.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{flat.encode('utf-8', 'replace')[:FLAT].decode('utf-8', 'ignore')}-{digest}"


def check_names(cfg: DictConfig) -> None:
    """Check every part of the cell's name before any work.

    Raises:
        InputError: a part cannot be a folder's name, a run's tag or a W&B tag, or the cell would
            lie outside of output_dir.
    """
    if cfg.get("variant") is not None:
        _check("variant", str(cfg.variant), str(cfg.variant))
    _check("collection", str(cfg.collection), str(cfg.collection))
    for part in str(cfg.cell).split("/"):
        _check("cell", str(cfg.cell), part)


def _check(key: str, value: str, part: str) -> None:
    if part in {"", ".", ".."}:
        raise InputError(
            f"{key}={value!r}: a cell lies below output_dir, so no part of its name may be empty, "
            "'.' or '..'; choose another name."
        )
    if UNUSABLE.search(part) or len(part) > LONGEST or len(part.encode()) > LONGEST_BYTES:
        raise InputError(
            f"{key}={value!r}: {part[:80]!r} cannot be part of a cell's name, which is also a "
            f"folder, the tag of a run and a W&B tag. Allowed: {ALLOWED}."
        )
