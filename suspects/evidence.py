r"""The evidence against each label, one number a pair: the larger, the more suspect.

With the labelled document's score :math:`s_y` and its rivals' scores :math:`s_r` after an epoch:

margin
    .. math:: \max_r s_r - s_y
doubt
    .. math:: \max_r e^{s_r} / (e^{s_y} + \sum_r e^{s_r})
area
    as margin, by one model that has learnt all labels, wrong ones included
bm25
    as margin, by BM25, which learns nothing

Margin and doubt are of models that have not learnt the query, averaged over the second half of the
epochs: early models know little, and later ones cannot memorise what they do not learn. Area is
averaged over all epochs, since the model memorises wrong labels in the end.

Reference:
    Pleiss et al., "Identifying Mislabeled Data using the Area Under the Margin Ranking", NeurIPS
    2020, for area; there margins are those of the training steps, here those after each epoch.
    Doubt is what label weakening judges a label by (arXiv 2512.13237), held out here.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from suspects.margins import Margins

KINDS = ("margin", "doubt", "area", "bm25")
HELD_OUT = ("margin", "doubt")


def counted_epochs(kind: str, margins: Margins) -> Margins:
    """Return the scores of the epochs that count for a kind of evidence.

    Args:
        kind: one of KINDS.
        margins: the scores of all epochs.
    """
    first = len(margins.labelled) // 2 if kind in HELD_OUT else 0
    return Margins(
        margins.pairs,
        margins.labelled[first:],
        margins.rivals[first:],
        margins.rival_scores[first:],
    )


def evidence_against(kind: str, margins: Margins) -> NDArray[np.float64]:
    """Return the evidence against each pair's label [n].

    Args:
        kind: one of KINDS.
        margins: the scores of the epochs that count.
    """
    if kind == "doubt":
        values = probabilities(margins)[..., 1:].max(axis=2)
    else:
        values = margins.rival_scores.max(axis=2).astype(np.float64) - margins.labelled
    against: NDArray[np.float64] = values.mean(axis=0)
    return against


def likely_documents(margins: Margins) -> NDArray[np.int64]:
    """Return the likeliest rival of each pair, as document row; -1 where there is none [n].

    It is the rival with the largest probability among the labelled document and the rivals,
    averaged over the epochs.
    """
    epochs, pairs, count = margins.rivals.shape
    probable = probabilities(margins)[..., 1:] * (margins.rivals >= 0)
    owners = np.broadcast_to(np.arange(pairs)[None, :, None], (epochs, pairs, count)).ravel()
    rows, weights = margins.rivals.ravel(), probable.ravel()
    order = np.lexsort((rows, owners))
    owners, rows, weights = owners[order], rows[order], weights[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(owners) != 0) | (np.diff(rows) != 0)])
    totals = np.add.reduceat(weights, starts)
    # ascending by owner and total, so that the last of each owner is its likeliest
    best = np.lexsort((-rows[starts], totals, owners[starts]))
    last = np.searchsorted(owners[starts][best], np.arange(pairs), side="right") - 1
    likely: NDArray[np.int64] = rows[starts][best][last]
    return likely


def probabilities(margins: Margins) -> NDArray[np.float64]:
    """Return the softmax of the labelled document, which comes first, and its rivals [E, n, 1 + R].

    Args:
        margins: the scores.
    """
    scores = np.concatenate([margins.labelled[..., None], margins.rival_scores], axis=2)
    values: NDArray[np.float64] = softmax(scores.astype(np.float64), axis=2)
    return values
