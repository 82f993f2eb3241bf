"""Archives of finished cells in the repository: `python -m study.archive store|restore ...`.

One archive per dataset and model, `<dataset>/<model>.tar.xz`, holds the files of each finished cell
from which conclusions are drawn. Runs, audits and weights are left out: config.yaml and the audit's
hash in scores.json tell how to reproduce them. Equal cells give equal bytes. `cells.csv` lists
the cells for readers.

A restored cell is a finished cell: reports read it and sweeps skip it, so that a study can be
continued.
"""

from __future__ import annotations

import argparse
import io
import lzma
import sys
import tarfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from data.storage.atomic_files import PARTIAL, written_aside
from errors import InputError
from reporting.reading.cells import read_cells
from study.archive_index import index
from study.portable import portable

if TYPE_CHECKING:
    from reporting.reading.cells import FinishedCell

FILES = ("config.yaml", "scores.json", "per_query.tsv", "history.csv")
INDEX = "cells.csv"


def store(outputs: Path, results: Path) -> list[str]:
    """Add the finished cells below `outputs` to the archives, in place of earlier versions.

    Returns:
        The names of the cells that were added or replaced.

    Raises:
        InputError: if there is no finished cell, one is damaged, or one names a file of this
            machine that cannot be named elsewhere.
    """
    cells = read_cells(outputs)
    if cells.corrupt:
        raise InputError(
            f"{cells.corrupt[0].cell}: {cells.corrupt[0].reason}. Run it again or remove it."
        )
    if not cells.finished:
        raise InputError(f"{outputs} holds no finished cell.")
    by_archive: dict[Path, dict[str, bytes]] = defaultdict(dict)
    for cell in cells.finished:
        path = results / cell.dataset / f"{cell.model}.tar.xz"
        if path not in by_archive and path.exists():
            by_archive[path] = _read(path)
        for name in FILES:
            by_archive[path][f"{cell.name}/{name}"] = _content(cell, name)
    for path, contents in by_archive.items():
        _write(path, contents)
    with written_aside(results / INDEX) as aside:
        aside.write_bytes(
            index(
                {
                    name: content
                    for path in _archives(results)
                    for name, content in _read(path).items()
                }
            )
        )
    return [cell.name for cell in cells.finished]


def restore(results: Path, outputs: Path) -> list[str]:
    """Write the cells of all archives below `outputs`, except cells that already exist there.

    Returns:
        The names of the cells that were written.

    Raises:
        InputError: if there is no archive, or one is damaged.
    """
    written: list[str] = []
    outputs.mkdir(parents=True, exist_ok=True)
    with FileLock(outputs / ".restore.lock"):
        for archive in _archives(results):
            cells: dict[str, dict[str, bytes]] = defaultdict(dict)
            for name, content in _read(archive).items():
                cell, _, file = name.rpartition("/")
                cells[cell][file] = content
            new = {cell: files for cell, files in cells.items() if not (outputs / cell).exists()}
            for cell, files in new.items():
                _write_cell(outputs / cell, files)
            written += new
    return sorted(written)


def _write_cell(directory: Path, files: dict[str, bytes]) -> None:
    """Write a cell whole or not at all: an interrupted restore leaves no half cell."""
    aside = directory.with_name(f".{directory.name}{PARTIAL}")
    aside.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (aside / name).write_bytes(content)
    aside.replace(directory)


def _archives(results: Path) -> list[Path]:
    archives = sorted(results.glob("*/*.tar.xz"))
    if not archives:
        raise InputError(f"{results} holds no archive <dataset>/<model>.tar.xz.")
    return archives


def _content(cell: FinishedCell, name: str) -> bytes:
    content = cell.file(name).read_bytes()
    return portable(cell.name, content) if name == "config.yaml" else content


def _read(path: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(lzma.decompress(path.read_bytes()))) as archive:
            members = [member for member in archive if member.isfile()]
            return {_checked(path, member.name): _bytes(archive, member) for member in members}
    except (OSError, lzma.LZMAError, tarfile.TarError) as error:
        raise InputError(
            f"{path} cannot be read ({error}): take it from the repository again."
        ) from error


def _checked(path: Path, name: str) -> str:
    parts = name.split("/")
    if (
        len(parts) != len(("dataset", "model", "loss", "noise", "seed", "file"))
        or ".." in parts
        or parts[-1] not in FILES
    ):
        raise InputError(f"{path} holds {name!r}, which is no file of a cell.")
    return name


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None  # it is a file
    return file.read()


def _write(path: Path, contents: dict[str, bytes]) -> None:
    """Write members sorted by file name, then by cell, which halves the compressed size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        written_aside(path) as aside,
        tarfile.open(aside, "w:xz", preset=9, format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(contents, key=lambda name: (name.rpartition("/")[2], name)):
            member = tarfile.TarInfo(name)
            member.size = len(contents[name])
            archive.addfile(member, io.BytesIO(contents[name]))


def main(arguments: list[str] | None = None) -> None:
    """Store or restore, and say how many cells."""
    parser = argparse.ArgumentParser(
        prog="python -m study.archive",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("what", choices=("store", "restore"))
    parser.add_argument(
        "source", type=Path, help="output_dir of a sweep (store), folder of archives (restore)"
    )
    parser.add_argument("target", type=Path, help="the other one")
    given = parser.parse_args(arguments)
    try:
        cells = (store if given.what == "store" else restore)(given.source, given.target)
    except InputError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{len(cells)} cells {given.what}d in {given.target}\n")


if __name__ == "__main__":
    main()
