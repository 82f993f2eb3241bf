"""cells.csv: one line per stored cell, for readers and diffs; programs read the archives."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from cells.configuration.renamed_keys import stored_value

COORDINATES = ("dataset", "model", "loss", "noise", "seed")


def index(contents: Mapping[str, bytes]) -> bytes:
    """Return the table of the cells whose files are given.

    Args:
        contents: `<cell>/<file>` -> content.
    """
    cells = sorted(name.rpartition("/")[0] for name in contents if name.endswith("/scores.json"))
    rows = [
        _row(cell, json.loads(contents[f"{cell}/scores.json"]), contents[f"{cell}/config.yaml"])
        for cell in cells
    ]
    columns = dict.fromkeys(column for row in rows for column in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _row(cell: str, scores: Mapping[str, Any], config: bytes) -> dict[str, object]:
    parts = dict(zip(COORDINATES, cell.split("/"), strict=True))
    measures = {name: f"{value:.6f}" for name, value in scores["measures"].items()}
    return {
        **parts,
        **measures,
        "learning_rate": stored_value(OmegaConf.create(config.decode()), "optimizer.lr"),
        "corrupted": scores["noise"]["corrupted"],
        "pairs": scores["noise"]["units"],
        "audit_sha256": scores["noise"]["audit_sha256"],
        "seconds": f"{sum(scores['wall_seconds'].values()):.1f}",
        "git_commit": scores["git_commit"],
    }
