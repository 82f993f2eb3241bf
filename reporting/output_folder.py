"""The folder that a report is written to."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from data.storage.atomic_files import PARTIAL, written_aside
from errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from reporting.statistics.analysis import Analysis

MARK = "report.json"
KEYS = {"plan", "measures", "cells"}
"""Keys of our report.json; other programs use the name too."""
PARTS = {
    "tables": (".md", ".csv", ".tex"),
    "per_query": (".csv",),
    "figures": (".svg", ".png"),
}
"""Folders of a report -> the endings of the files in them that are replaced."""


def check_folder(out: Path) -> None:
    """Refuse a folder that holds anything but an earlier report.

    Raises:
        InputError: if it does, or if the path is not a folder.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is not a folder: choose another.")
    if (
        out.is_dir()
        and not _is_report(out)
        and any(path.suffix != PARTIAL for path in out.iterdir())
    ):
        raise InputError(
            f"--out {out} holds files but no {MARK} of this program, so it is not a report: move "
            "the files or choose another folder."
        )


def _is_report(out: Path) -> bool:
    try:
        content = json.loads((out / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.keys() >= KEYS


def _remove_parts(out: Path) -> None:
    """Remove the files of an earlier report, and the folders that are then empty."""
    for part, endings in PARTS.items():
        folder = out / part
        if not folder.is_dir():
            continue
        for path in folder.iterdir():
            if path.suffix in (*endings, PARTIAL):
                path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def prepare_folder(analysis: Analysis, out: Path) -> None:
    """Make the folder, remove an earlier report from it, and write report.json: plan and notes.

    Raises:
        InputError: if the folder cannot be written.
    """
    check_folder(out)
    content = {
        "plan": asdict(analysis.plan),
        "measures": analysis.measures,
        "cells": {
            name: len(getattr(analysis.cells, name))
            for name in ("finished", "incomplete", "corrupt")
        },
        "notes": analysis.notes,
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        with written_aside(
            out / MARK
        ) as aside:  # first, so that an interrupted report is recognised
            aside.write_text(
                json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
            )
        for left in out.glob(f".*{PARTIAL}"):
            left.unlink()
        _remove_parts(out)
    except OSError as error:
        raise InputError(
            f"--out {out} cannot be written ({error.strerror or error}): choose another folder."
        ) from error
