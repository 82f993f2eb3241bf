"""Hook of MkDocs that adds a report of a part of the study, as `report.py` writes it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
CHOSEN = ("dataset=nl2bash", "noise=semantic")
ADDRESS = "study-report"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the report's page and figures to the site."""
    with tempfile.TemporaryDirectory() as folder:
        cells, report = Path(folder) / "cells", Path(folder) / "report"
        _python("-m", "study.archive", "restore", "results/study", cells)
        _python("report.py", cells, *CHOSEN, "--out", report)
        for path in [report / "index.html", *sorted((report / "figures").iterdir())]:
            address = f"{ADDRESS}/{path.relative_to(report)}"
            files.append(File.generated(config, address, content=path.read_bytes()))
    return files


def _python(*words: str | Path) -> None:
    command = [sys.executable, *map(str, words)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # errors are shown
