"""What only a noise experiment can measure: how training treats the labels it does not know to be wrong.

Everything here is read from the batch's bookkeeping (`corrupted`, `true_columns`) after the step; nothing feeds back into training.
"""

from collections import defaultdict

import torch
from torch import Tensor

from data import Batch


class Diagnostics:
    """Collects one value a training example over an epoch and averages them over clean and corrupted examples apart."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = defaultdict(list)

    @torch.no_grad()
    def add(self, batch: Batch, scores: Tensor, losses: Tensor) -> None:
        """Adds a step.

        Args:
            batch: the batch of B examples with U documents.
            scores: [B, U] scores of the step.
            losses: [B] loss of each example.
        """
        candidates = scores.float().masked_fill(~batch.mask, -torch.inf)
        labelled = candidates.masked_fill(batch.targets <= 0, -torch.inf).amax(1)
        others = candidates.masked_fill(batch.targets > 0, -torch.inf).amax(1)
        self._values["corrupted"].append(batch.corrupted)
        self._values["loss"].append(losses.float())
        self._values["confidence"].append((labelled - candidates.logsumexp(1)).exp())
        self._values["margin"].append(labelled - others)
        self._values["first"].append(labelled >= others)
        true = candidates.gather(1, batch.true_columns.clamp(min=0).unsqueeze(1)).squeeze(1)
        self._values["closed"].append(batch.true_columns >= 0)
        self._values["recovered"].append(true >= candidates.amax(1))

    def summary(self) -> dict[str, float]:
        """Returns the epoch's means and forgets the epoch.

        Keys: `loss`, `loss_clean`, `loss_corrupted`, the same for `confidence` (softmax probability of the labelled positive) and `margin`
        (its score minus the best other candidate's), `memorisation` (share of corrupted examples whose wrong label the model ranks first)
        and `recovery` (share whose true document it ranks first, among those that have it as a candidate). A mean over nothing is left out.
        """
        if not self._values:
            return {}
        values = {name: torch.cat(parts).cpu() for name, parts in self._values.items()}
        self._values.clear()
        corrupted = values["corrupted"].bool()
        means = {"loss": _mean(values["loss"], torch.ones_like(corrupted))}
        for name in ("loss", "confidence", "margin"):
            means[f"{name}_clean"] = _mean(values[name], ~corrupted)
            means[f"{name}_corrupted"] = _mean(values[name], corrupted)
        means["memorisation"] = _mean(values["first"], corrupted)
        means["recovery"] = _mean(values["recovered"], corrupted & values["closed"].bool())
        return {name: value for name, value in means.items() if value is not None}


def _mean(values: Tensor, chosen: Tensor) -> float | None:
    taken = values.float()[chosen & values.isfinite()]
    return float(taken.mean()) if len(taken) else None
