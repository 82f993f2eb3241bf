"""Gather what a GPU machine without network lacks, for benchmarks/gpu/session.sh.

python -m benchmarks.gpu.bundle FOLDER --collection FOLDER [--layers n] [--python 3.12]

The machine is assumed to have torch, pytorch-lightning, transformers, sentence-transformers, scipy,
scikit-learn, matplotlib and pytest, with pytest-xdist if its tests are to run side by side. Weights
are rounded to 16 bits, to be small, and train in 32.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from data.tokenizers.packaged_weights import resolve
from lightning_modules.loading.backbone import load_backbone

PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1")
CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
WHEELS = (
    "hydra-core",
    "hydra-joblib-launcher",
    "omegaconf",
    "ir-datasets",
    "ir-measures",
    "pytrec-eval-terrier",
    "lz4",
    "bm25s",
    "PyStemmer",
    "datasets",
    "dill",
    "multiprocess",
)
SOURCES = ("antlr4-python3-runtime",)  # no wheel is published, and it is pure Python


def main() -> None:
    """Fill the folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--collection", type=Path, required=True, help="in BEIR layout")
    parser.add_argument("--layers", type=int, default=2, help="of MiniLM")
    parser.add_argument("--python", default="3.12", help="version on that machine")
    arguments = parser.parse_args()
    wheels(arguments.folder / "wheels", arguments.python)
    weights(arguments.folder / "minilm", arguments.layers)
    shutil.copytree(arguments.collection, arguments.folder / arguments.collection.name)
    print(f"wrote {arguments.folder}")


def wheels(folder: Path, python: str) -> None:
    """Download or build the pinned versions of all packages, without what they need."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    common = ["--no-deps", "--constraint", str(CONSTRAINTS)]
    platforms = [part for name in PLATFORMS for part in ("--platform", f"{name}_x86_64")]
    theirs = ["--only-binary=:all:", "--python-version", python, "--implementation", "cp"]
    subprocess.run(
        [*pip, "download", *common, *theirs, *platforms, "--dest", str(folder), *WHEELS], check=True
    )
    subprocess.run([*pip, "wheel", *common, "--wheel-dir", str(folder), *SOURCES], check=True)


def weights(folder: Path, layers: int) -> None:
    """Write the first layers of the packaged MiniLM in half precision, and its tokenizer."""
    from transformers import AutoTokenizer

    source = resolve("packaged:minilm")
    model = load_backbone(source, num_hidden_layers=layers, seed=0).to(torch.float16)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        model.save_pretrained(aside)
        AutoTokenizer.from_pretrained(source).save_pretrained(aside)
        shutil.copytree(aside, folder)


if __name__ == "__main__":
    main()
