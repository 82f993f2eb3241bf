"""Reads the code blocks of the documentation, and performs them in a copy of the project."""

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|yaml))`")
NOT_PERFORMED = {
    "make setup": "needs a network; CI starts with it",
    "source .venv": "needs what make setup makes",
    "pip install": "needs a network",
    "python -m data.exchange.import_examples sentence-transformers/": "needs a network",
    "python run.py -m hydra/launcher=slurm": "needs a cluster; see tests/sweeps/test_cluster.py",
    "python run.py logger=wandb": "takes long; see tests/sweeps/test_trackers.py",
    "python -m reporting.wandb_workspace": "needs a server of W&B",
    "wandb sync": "needs a server of W&B",
}
"""Beginning of a command in docs/how-to -> why no test performs it as printed."""


class Block(NamedTuple):
    """A code block: its section, its language (none: shell), its text, and the file it shows."""

    section: str
    language: str
    text: str
    file: str | None


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page. A block shows a file if the paragraph before it names one last."""
    text, end = page.read_text(encoding="utf-8"), 0
    section = ""
    for found in FENCE.finditer(text):
        between = text[end : found.start()]
        sections = re.findall(r"^## (.*)$", between, re.MULTILINE)
        section = sections[-1] if sections else section
        named = FILE.findall(between.strip().rsplit("\n\n", 1)[-1])
        file = named[-1] if named and found[1] in {"python", "yaml"} else None
        yield Block(section, found[1], found[2], file)
        end = found.end()


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a shell block, in words, without comments."""
    for line in text.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield words


def reasons(words: Sequence[str]) -> list[str]:
    """Why no test performs a command as printed; empty if one does."""
    return [start for start in NOT_PERFORMED if " ".join(words).startswith(start)]


def fresh_copy(folder: Path) -> Path:
    """Copies what a clone holds, with changes that are not committed yet; returns the folder."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # not deleted since
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def write_file(block: Block, copy: Path) -> None:
    """Writes the file that a block shows; a package's __init__.py gets the lines added."""
    path = copy / str(block.file)
    mode = "a" if path.name == "__init__.py" else "w"
    with path.open(mode, encoding="utf-8") as file:
        file.write(block.text)


def performed(text: str, names: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Performs a Python block that uses some names; returns all that it leaves."""
    path = folder / "example.py"
    path.write_text(text, encoding="utf-8")
    return runpy.run_path(str(path), names)


def shell(text: str, copy: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a shell block in a copy, with this Python first; fails at the first failing command."""
    return offline(["bash", "-e", "-c", text], copy, **environment)


def in_one_process(lines: Sequence[Sequence[str]], copy: Path) -> None:
    """Performs commands of Python programs in a copy, in turn, by one process."""
    program = Path(__file__).with_name("one_process.py")
    offline([sys.executable, str(program), json.dumps(lines)], copy)


def offline(
    words: Sequence[str], copy: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs a program in a copy, without a network; fails if it does."""
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "WANDB_MODE": "offline",
    }
    done = subprocess.run(
        words,
        cwd=copy,
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done
