"""How well wrong labels are found, as Markdown: `task=suspects` beside cleanlab.

    pip install -e .[bench]
    python -m benchmarks.noise.suspects_peers outputs/suspects

Each row is a folder of `task=suspects` with injected noise, by its own judges alone. All columns
read the same scores, of models that have not learnt the query: `margin` and `doubt` are the
evidence of this project; `cleanlab` is its self-confidence, the probability of the labelled
document among itself and the rivals, averaged over the epochs. Each gives AUROC, and precision
among the m most suspect pairs, where m labels are wrong.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from noise import Audit
from suspects.evidence import HELD_OUT, counted_epochs, evidence_against, probabilities
from suspects.margins import Margins


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds folders of task=suspects")
    folders = sorted(path.parent for path in parser.parse_args().folder.rglob("suspects.tsv"))
    print("| collection | model | noise | wrong | margin | doubt | cleanlab | true named |")
    print("|---" * 8 + "|")
    for folder in folders:
        scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
        measures, margins = scores["measures"], read(folder)
        judged_so = scores["evidence"] in HELD_OUT and not scores.get("finished")
        if margins is None or "auroc" not in measures or scores.get("beside") or not judged_so:
            continue  # the list is sorted by another judge
        wrong = truth(folder, scores["evidence"], margins)
        found = [
            evidence_against("margin", margins),
            evidence_against("doubt", margins),
            -self_confidence(margins),
        ]
        collection, model, _, noise, _ = folder.parts[-5:]
        cells = [collection, model, noise, str(wrong.sum())]
        cells += [quality(wrong, evidence) for evidence in found]
        print(f"| {' | '.join(cells)} | {measures.get('true_named', float('nan')):.3f} |")


def read(folder: Path) -> Margins | None:
    """Return what the models of the folds said, or None if there are none."""
    found = [Margins.read(path) for path in sorted((folder / "judged").glob("fold-*.npz"))]
    parts = [part for part in found if part is not None]
    return counted_epochs("margin", Margins.joined(parts)) if parts else None


def truth(folder: Path, kind: str, margins: Margins) -> NDArray[np.bool_]:
    """Return which pairs the noise has put in, in the order of the margins [n].

    Args:
        folder: the folder.
        kind: the evidence by which its list is sorted.
        margins: the scores.
    """
    order = np.argsort(-evidence_against(kind, margins), kind="stable")
    inserted = Audit.read(folder / "audit.tsv").replaced
    with (folder / "suspects.tsv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        ranked = [(row["query_id"], row["doc_id"]) in inserted for row in rows]
    wrong = np.zeros(len(ranked), dtype=np.bool_)
    wrong[order] = ranked
    return wrong


def self_confidence(margins: Margins) -> NDArray[np.float64]:
    """Return cleanlab's quality of each label, which is class 0 of its list [n]."""
    classes = probabilities(margins).mean(axis=0)
    labels = np.zeros(len(classes), dtype=np.int64)
    quality: NDArray[np.float64] = get_label_quality_scores(labels, classes)
    return quality


def quality(wrong: NDArray[np.bool_], evidence: NDArray[np.float64]) -> str:
    """Return AUROC and precision at the number of wrong labels."""
    worst = np.argsort(-evidence, kind="stable")[: wrong.sum()]
    return f"{roc_auc_score(wrong, evidence):.3f}, {wrong[worst].mean():.3f}"


if __name__ == "__main__":
    main()
