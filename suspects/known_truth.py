"""How well the suspects are found, where noise was injected and the wrong labels are known."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from data import TrainingExamples


def detection(
    examples: TrainingExamples,
    evidence: NDArray[np.float64],
    likely: NDArray[np.int64],
    rivals: NDArray[np.int64],
) -> dict[str, float]:
    """Return how evidence and likely documents agree with the known truth.

    Keys:
        `auroc`: probability that a wrong label has more evidence against it than a right one.
        `precision`: share of wrong labels among the m most suspect pairs, where m labels are
        wrong. `true_named` and `true_listed`: share of wrong labels whose true document, or a copy
        of it, is the likely one, or one of the rivals. Empty where no label, or every label, is
        known to be wrong; without the last two where no true document is known.

    Args:
        examples: the training pairs, with the bookkeeping of the noise.
        evidence: against each of them [n].
        likely: document row that is likelier than the labelled one, or -1 [n].
        rivals: document rows of the last epoch's rivals, or -1 [n, R].
    """
    wrong = examples.corrupted
    if not wrong.any() or wrong.all():
        return {}
    worst = np.argsort(-evidence, kind="stable")[: wrong.sum()]
    found = {
        "auroc": float(roc_auc_score(wrong, evidence)),
        "precision": float(wrong[worst].mean()),
    }
    known = wrong & (examples.true_documents >= 0)
    if known.any():
        found["true_named"] = float(_named(examples, likely[:, None])[known].mean())
        found["true_listed"] = float(_named(examples, rivals)[known].mean())
    return found


def _named(examples: TrainingExamples, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether a copy of the true document of each pair is among documents [n, k]."""
    copies = examples.first_copies
    true = copies[examples.true_documents][:, None]
    named: NDArray[np.bool_] = ((rows >= 0) & (copies[rows] == true)).any(axis=1)
    return named
