"""Cross-entropy, the loss that every robust one is compared with. Over the documents of a batch it is InfoNCE."""

from torch import Tensor

from losses.base import Candidates, Loss
from losses.checks import check_choice
from losses.lists import labelled_lists, positive_lists


def cross_entropy(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Softmax cross-entropy with the positive as the one right answer.

    .. math:: L = -\log p_y

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, [B]; several positives each get a list of their own, without the others,
        and are averaged.

    Reference:
        A. van den Oord, Y. Li, O. Vinyals. Representation Learning with Contrastive Predictive
        Coding. arXiv 2018.
    """
    lists = positive_lists(scores, targets, mask)
    return lists.average(lists.cross_entropy)


def disjunctive_cross_entropy(scores: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    r"""Cross-entropy of the union of the positives: one strong positive satisfies all.

    .. math:: L = -\log \sum_{i \in \mathrm{pos}} p_i

    Args:
        scores: Scores, [B, C].
        targets: Grades; above 0 is positive, [B, C].
        mask: Candidates of each row, [B, C].

    Returns:
        Loss of each query, [B].
    """
    lists = labelled_lists(scores, targets, mask)
    return lists.average(-lists.log_mass(lists.arrange(targets > 0) & lists.mask))


class CrossEntropy(Loss):
    """Softmax cross-entropy; see `cross_entropy`.

    Args:
        positives: What several positives of a query mean: `per_positive`, each must win by itself;
            `disjunctive`, their union must win.
    """

    def __init__(self, positives: str = "per_positive") -> None:
        super().__init__()
        self.positives = check_choice("positives", positives, ("per_positive", "disjunctive"))

    def rows(self, batch: Candidates) -> Tensor:
        """One value per query, [B]."""
        row_loss = cross_entropy if self.positives == "per_positive" else disjunctive_cross_entropy
        return row_loss(batch.scores, batch.targets, batch.mask)
