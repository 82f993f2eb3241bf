"""Packs the audits of finished `task=noise` cells into the fixed benchmark of noisy labels.

Usage: python -m benchmarks.noisy_labels.pack OUTPUT_DIR, after the sweeps that docs/noisy-labels.md
names. It writes audits/*.tsv.gz and manifest.json beside this file; both hold ids and numbers only.
"""

import argparse
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from data.storage.atomic_files import written_aside
from noise import Audit

HERE = Path(__file__).parent
MANIFEST = HERE / "manifest.json"
AUDITS = HERE / "audits"


def packed(cell: Path) -> tuple[str, dict[str, Any]]:
    """Write a cell's audit, compressed without a time stamp; return its name and entry."""
    config: Any = OmegaConf.load(cell / "config.yaml")
    audit = Audit.read(cell / "audit.tsv")
    header = audit.header
    name = f"{header.collection}-{header.model}-{header.ratio:g}-seed{header.seed}"
    AUDITS.mkdir(exist_ok=True)
    with written_aside(AUDITS / f"{name}.tsv.gz") as aside:
        aside.write_bytes(gzip.compress(audit.to_bytes(), compresslevel=9, mtime=0))
    pairs = config.dataset.train_pairs
    return name, {
        "dataset": header.collection,
        "train_pairs": pairs,
        "noise": header.model,
        "ratio": header.ratio,
        "seed": header.seed,
        "units": header.units,
        "corrupted": header.corrupted,
        "collection_fingerprint": header.collection_fingerprint,
        "audit_sha256": audit.sha256,
        "qrels_sha256": hashlib.sha256((cell / "qrels/train.tsv").read_bytes()).hexdigest(),
    }


def main() -> None:
    """Pack every cell below the output directory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output_dir", type=Path, help="the output_dir of the cells")
    cells = sorted(path.parent for path in parser.parse_args().output_dir.rglob("audit.tsv"))
    entries = dict(map(packed, cells))
    with written_aside(MANIFEST) as aside:
        text = json.dumps(entries, indent=1, sort_keys=True)
        aside.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
