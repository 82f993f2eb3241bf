"""What a result depends on beside its configuration: versions, commit, machine."""

import platform
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from shutil import which
from typing import Any

DISTRIBUTIONS = (
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


def describe() -> dict[str, Any]:
    """Return versions of Python and of the libraries that can change a score, the commit, and the machine."""
    return {
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in DISTRIBUTIONS},
        "git_commit": _commit(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def peak_memory_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


def _commit() -> str | None:
    git = which("git")
    if git is None:
        return None
    root = Path(__file__).parent
    commit = subprocess.run(
        [git, "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False
    )
    if commit.returncode:
        return None
    changed = subprocess.run(
        [git, "status", "--porcelain", "-uno"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return commit.stdout.strip() + ("+changes" if changed.stdout.strip() else "")
