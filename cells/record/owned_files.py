"""The files that this project writes into a cell's directory, the only ones that it removes."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from data.storage.atomic_files import PARTIAL

RUN, EARLIER_RUN = "run.trec.gz", "run.trec"
"""Names of a cell's run; earlier versions did not pack it."""
LAST_FILES = {"noised": ("qrels/train.tsv",), "retrieved": (RUN, EARLIER_RUN)}
"""First part of the name of a cell without scores -> the names of the file written last."""
WEIGHTS = "checkpoints/best.safetensors"
KEEPABLE = {"weights": (WEIGHTS, f"{WEIGHTS}.blake2b"), "runs": (RUN, EARLIER_RUN)}
"""Choices of the key `keep` -> the files that a trained cell keeps for it."""
KEPT = "kept"
"""Key of scores.json for what the cell keeps."""
FILES = (
    "config.yaml",
    "made_from.json",
    "scores.json",
    RUN,
    EARLIER_RUN,
    "per_query.tsv",
    "history.csv",
    "audit.tsv",
    "qrels/train.tsv",
    "train.jsonl",
    "suspects.tsv",
    "review.html",
    "judged/*.npz",
    "judged/*.npz.blake2b",
    "judged/*/history.csv",
    "judged/*/checkpoints/*",
    "run.log",
    "wandb_run_id",
    WEIGHTS,
    f"{WEIGHTS}.blake2b",
)
WHILE_TRAINING = (
    "made_from.json",
    "checkpoints/last.ckpt*",
    "checkpoints/previous.ckpt*",
    "checkpoints/untrained.json*",
    "checkpoints/negatives-*.npz*",
)
"""Files without use once the cell is finished."""
TRACKED = (
    "steps/version_*/metrics.csv",
    "steps/version_*/hparams.yaml",
    "wandb/debug*.log",
    "wandb/latest-run",
    "wandb/*run-*/**/*",
)
EXPORTED = tuple(
    f"{folder}/{name}"
    for folder in ("export", ".export.partial", "export/[0-9]*_*", ".export.partial/[0-9]*_*")
    for name in (
        "README.md",
        "retrieval.json",
        "modules.json",
        "config.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "router_config.json",
        "generation_config.json",
        "model.safetensors",
        "model-*-of-*.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.jinja",
        "vocab.txt",
        "vocab.json",
        "merges.txt",
        "spiece.model",
        "tokenizer.model",
        "sentencepiece.bpe.model",
    )
)
ASIDE = (
    f".*{PARTIAL}",
    f"checkpoints/.*{PARTIAL}",
    f"judged/**/.*{PARTIAL}",
)
"""Temporary files of a killed process."""
FOLDERS = (
    "wandb/*run-*/**/",
    "wandb/*run-*",
    "wandb",
    "steps/version_*",
    "steps",
    "checkpoints",
    "qrels",
    "judged/*/checkpoints",
    "judged/*",
    "judged",
    "export/[0-9]*_*",
    "export",
    ".export.partial/[0-9]*_*",
    ".export.partial",
)


def owned(directory: Path) -> list[Path]:
    """Return the files in a cell's directory whose names are ours."""
    return _matching(directory, (*FILES, *WHILE_TRAINING, *TRACKED, *EXPORTED, *ASIDE))


def exported(directory: Path) -> list[Path]:
    """Return the files of a cell's export."""
    return _matching(directory, [each for each in EXPORTED if each.startswith("export")])


def strangers(directory: Path) -> list[Path]:
    """Return the other files in a cell's directory."""
    ours = set(owned(directory))
    found = (path for path in sorted(directory.rglob("*")) if not _is_folder(path))
    return [path for path in found if path not in ours]


def run_in(directory: Path) -> Path:
    """Return the path of a cell's run, that of an earlier version if there is only such a one."""
    earlier = directory / EARLIER_RUN
    return earlier if earlier.exists() and not (directory / RUN).exists() else directory / RUN


def kept_of(scores: Mapping[str, Any]) -> Collection[str]:
    """Return what a finished cell keeps, by its scores.json; in doubt, everything.

    Cells of earlier versions keep everything, and do not say so.
    """
    kept = scores.get(KEPT)
    return kept if isinstance(kept, list) else KEEPABLE


def not_kept(directory: Path, kept: Collection[str]) -> list[Path]:
    """Return the files of what a finished cell does not keep.

    Args:
        directory: of the cell.
        kept: keys of `KEEPABLE`.
    """
    dropped = (names for choice, names in KEEPABLE.items() if choice not in kept)
    return _matching(directory, [name for names in dropped for name in names])


def leftovers(directory: Path, *, finished: bool) -> list[Path]:
    """Return temporary files and, in a finished cell, files that only training needs."""
    export = [pattern for pattern in EXPORTED if pattern.startswith(".")]
    return _matching(directory, (*ASIDE, *export, *(WHILE_TRAINING if finished else ())))


def remove(directory: Path, files: Iterable[Path]) -> None:
    """Remove files, and our folders in a cell's directory that are then empty."""
    for path in files:
        path.unlink(missing_ok=True)
    for pattern in FOLDERS:
        for folder in sorted(directory.glob(pattern), reverse=True):
            if _is_folder(folder) and not any(folder.iterdir()):
                folder.rmdir()


def _matching(directory: Path, patterns: Iterable[str]) -> list[Path]:
    found = (path for pattern in patterns for path in directory.glob(pattern))
    return sorted({path for path in found if not _is_folder(path)})


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
