"""What cleaning the labels and training again wins back, beside a robust loss.

    python benchmarks/noise/retraining.py /data/nl2bash --ratio 0.2 --judge model=adapter

Semantic noise is put into a collection (BEIR layout), a judge ranks its labels (`task=suspects`),
and `static` models learn from the noisy labels, from what is left when the most suspect ones are
dropped or replaced, and from the clean labels. A second judge is joined with the first:
`--judge task.evidence=bm25 --judge model=static_wide`. Prints nDCG@10 on the test split as
Markdown. Finished cells are kept in outputs/retraining; a command that was stopped continues.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OUTPUTS = ROOT / "outputs" / "retraining"
CROSS_ENTROPY, WEAKENING = "cross_entropy", "label_weakening"


class NoisyCollection(NamedTuple):
    """A collection with wrong labels.

    Attributes:
        folder: The collection.
        ratio: Share of the labels that are corrupted, and share of the pairs that are cleaned.
        seed: Seed of the noise and of the training.
    """

    folder: Path
    ratio: float
    seed: int

    def run(self, name: str, *overrides: str) -> Path:
        """Run the cell `name`, unless it is finished, and return its folder."""
        cell = f"{self.folder.name}/{self.ratio:g}/{name}/seed-{self.seed}"
        common = {
            "output_dir": OUTPUTS,
            "cell": cell,
            "seed": self.seed,
            "logger": "none",
            "dataset": "folder",
            "dataset.path": self.folder.resolve(),
            "dataset.on_problem": "drop",
            "dataset.train_pairs": 3000,
            "dataset.validation_queries": 200,
        }
        given = [f"{key}={value}" for key, value in common.items()]
        command = [sys.executable, "run.py", *given, *overrides]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return OUTPUTS / cell

    def noise(self) -> tuple[str, ...]:
        """Return the overrides that corrupt the labels."""
        return "noise=semantic", f"noise.ratio={self.ratio:g}"


def main() -> None:
    """Print a row for each kind of labels, with each loss."""
    given = _parser().parse_args()
    setting = NoisyCollection(given.folder, given.ratio, given.seed)
    dropped, replaced = cleaned(setting, given.judge)
    left_out = ("noise=clean_pairs", f"noise.ratio={setting.ratio:g}")
    labels = {
        "noisy": setting.noise(),
        "suspects dropped": ("noise=natural", f"noise.qrels={dropped}"),
        "suspects replaced": ("noise=natural", f"noise.qrels={replaced}"),
        "every wrong label left out": left_out,
        "clean": ("noise=none", "noise.ratio=0"),
    }
    print("| labels | cross-entropy | label weakening |\n|---|---|---|")
    for name, overrides in labels.items():
        scores = [score(setting, name, loss, overrides) for loss in (CROSS_ENTROPY, WEAKENING)]
        print("|", " | ".join([name, *(f"{value:.3f}".lstrip("0") for value in scores)]), "|")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a collection in BEIR's layout")
    parser.add_argument("--ratio", type=float, required=True, help="share of wrong labels")
    parser.add_argument("--judge", action="append", required=True, help="an override; repeatable")
    parser.add_argument("--seed", type=int, default=1, help="of noise and training (default: 1)")
    return parser


def cleaned(setting: NoisyCollection, judges: list[str]) -> tuple[Path, Path]:
    """Return the files of labels whose suspects are dropped, and replaced."""
    folders: list[Path] = []
    for judge in judges:
        beside = f"[{','.join(map(str, folders))}]" if folders else "null"
        arguments = (
            f"judge-{judge.replace('=', '-')}",
            *("task=suspects", judge, f"task.beside={beside}"),
            *setting.noise(),
            "validation.labels=noisy",
        )
        folders.append(setting.run(*arguments))
    files = []
    for action in ("drop", "replace"):  # with the last judge, joined with the others
        folder = setting.run(*arguments, f"task.share={setting.ratio:g}", f"task.action={action}")
        kept = folder.parent / f"{action}.tsv"
        files.append(Path(shutil.copy(folder / "qrels" / "train.tsv", kept)))
    return files[0], files[1]


def score(setting: NoisyCollection, labels: str, loss: str, overrides: tuple[str, ...]) -> float:
    """Return the test nDCG@10 of a model that learns from these labels with this loss."""
    name = f"{labels.replace(' ', '-')}/{loss}"
    folder = setting.run(name, f"loss={loss}", *overrides)
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return float(scores["measures"]["nDCG@10"])


if __name__ == "__main__":
    main()
