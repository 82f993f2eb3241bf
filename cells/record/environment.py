"""The environment of a result: the versions of the code and of libraries, and the machine."""

import platform
import resource
import subprocess
import sys
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from shutil import which
from typing import Any

ROOT = Path(__file__).parents[2]
ROOMS = ("cells", "data", "evaluation", "lightning_modules", "losses", "noise", "suspects")
"""Rooms whose code can change a score; reports, documents and tests cannot."""
LIBRARIES = (
    "torch",
    "pytorch-lightning",
    "transformers",
    "tokenizers",
    "hydra-core",
    "ir-datasets",
    "ir-measures",
    "bm25s",
    "scikit-learn",
    "numpy",
)


def software() -> dict[str, Any]:
    """Return commit, hash of the source and versions of the libraries that can change a score."""
    return {"commit": commit(), "source": source(), "libraries": libraries()}


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that can change a score."""
    return {name: version(name) for name in LIBRARIES}


@cache
def source() -> str:
    """Return the hash of the code that can change a score."""
    digest = blake2b(digest_size=8)
    files = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    for path in [*sorted(ROOT.glob("*.py")), *files]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def commit() -> str | None:
    """Return the commit, marked if files differ from it; None outside a repository."""
    git = which("git")
    if git is None:
        return None
    named, changed = (
        subprocess.run([git, *command], cwd=ROOT, capture_output=True, text=True, check=False)
        for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
    )
    if named.returncode:
        return None
    return named.stdout.strip() + ("+changes" if changed.stdout.strip() else "")


def describe() -> dict[str, Any]:
    """Return the commit, the machine, and versions of Python and libraries that affect scores."""
    return {
        "versions": {"python": platform.python_version()} | libraries(),
        "git_commit": commit(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def peak_memory_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)
