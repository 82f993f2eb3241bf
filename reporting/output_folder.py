"""The folder that a report is written to."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

from data.storage.atomic_files import PARTIAL, written_aside
from errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from reporting.statistics.analysis import Analysis

MARK = "report.json"
PARTS = ("tables", "per_query", "figures")


def check_folder(out: Path) -> None:
    """Refuse a folder that holds anything but an earlier report.

    Raises:
        InputError: if it does, or if the path is not a folder.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out} is not a folder: choose another.")
    if (
        out.is_dir()
        and not (out / MARK).exists()
        and any(path.suffix != PARTIAL for path in out.iterdir())
    ):
        raise InputError(
            f"--out {out} holds files but no {MARK}, so it is not a report: move the files or "
            "choose another folder."
        )


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
        for part in PARTS:
            shutil.rmtree(out / part, ignore_errors=True)
    except OSError as error:
        raise InputError(
            f"--out {out} cannot be written ({error.strerror or error}): choose another folder."
        ) from error
