"""Reads the code blocks of the documentation, and performs them in a copy of the project."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|yaml))`")
UNNEEDED = (".*", "__pycache__", "outputs", "cache", "results", "site", "report", "*.egg-info")


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


def fresh_copy(folder: Path) -> Path:
    """Copies what a clone holds that run.py and the tests need; returns the folder."""
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*UNNEEDED))


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
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "WANDB_MODE": "offline",
    }
    done = subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=copy,
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done
