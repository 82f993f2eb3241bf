"""Diagnostics of a noise experiment: how training treats clean and corrupted labels.

Everything here is read from the batch's bookkeeping (`corrupted`, `true_columns`) after the step;
nothing feeds back into training.
"""

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from data import Batch
from losses import Candidates, LossOutput

SHARES = ("active", "ambiguous", "vacuous", "in_credal", "vacuous_positives", "vacuous_negatives")


class Diagnostics:
    """Averages values of the training examples of an epoch, over clean and corrupted ones."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._steps: list[Tensor] = []  # one [values, examples] a step, left on the step's device

    def state_dict(self) -> dict[str, Tensor]:
        """Return the values of the epoch so far."""
        if not self._steps:
            return {}
        values = torch.cat([step.cpu() for step in self._steps], dim=1)
        return {name: row.clone() for name, row in zip(self._names, values, strict=True)}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continue an epoch."""
        self._names = tuple(state)
        self._steps = [torch.stack(list(state.values()))] if state else []

    @torch.no_grad()
    def add(self, batch: Batch, judged: Candidates, output: LossOutput) -> None:
        """Add a step.

        Args:
            batch: the batch of B examples with U documents.
            judged: its candidates, as the loss saw them.
            output: what the loss made of them.
        """
        candidates = judged.scores.detach().float().masked_fill(~judged.mask, -torch.inf)
        decisions = output.decisions
        own = batch.positive_columns[: len(candidates)].unsqueeze(1)  # the examples' positives
        labelled = candidates.masked_fill(batch.targets <= 0, -torch.inf).gather(1, own).squeeze(1)
        other = candidates.masked_fill(batch.targets > 0, -torch.inf).amax(1)
        true = candidates.gather(1, batch.true_columns.clamp(min=0).unsqueeze(1)).squeeze(1)
        total = candidates.logsumexp(1)
        values = {
            "loss": output.values.detach().masked_fill(~output.counted, torch.nan),
            "confidence": (labelled - total).exp(),
            "margin": labelled - other,
            "doubt": (other - total).exp(),
            "first": labelled >= other,
            "skipped": ~(labelled.isfinite() & other.isfinite()),
            "recovered": true >= candidates.amax(1),
            "corrupted": batch.corrupted,
            "closed": (batch.true_columns >= 0) & true.isfinite(),
        }
        if decisions is not None:
            decided = {
                name: value for name, value in decisions._asdict().items() if value is not None
            }
            values |= decided | {
                "largest_confidence": decisions.confidence,
                "confidence": values["confidence"],
            }
        # one tensor a step, and not moved: a copy to the CPU would wait for the device
        self._names = tuple(values)
        self._steps.append(torch.stack([value.float() for value in values.values()]))

    def summary(self) -> dict[str, float]:
        """Return the epoch's means and forget the epoch. A mean over nothing is left out.

        Keys:
            `loss` of the examples that count in the mean that is minimised, and `loss_clean`,
            `loss_corrupted`; the same two for `confidence` (softmax probability of the labelled
            positive) and `margin` (its score minus the best other candidate's). `memorisation`:
            share of corrupted examples whose wrong label the model ranks first; `recovery`: share
            whose true document it ranks first, among those that have it as a candidate. `skipped`:
            share of examples without a positive or without another candidate, which teach most
            losses nothing; left out where it is 0. `detector_auroc`: how well the largest
            probability of an unlabelled candidate tells corrupted from clean examples. Of label
            weakening also `active`, `ambiguous`, `vacuous`, `in_credal` (shares),
            `vacuous_positives` and `vacuous_negatives` (the same of documents by their label, in
            the pointwise view), `plausible` (mean size of the plausible set),
            `largest_confidence`, and `detector_precision`, `detector_recall` of "ambiguous" as a
            detector of corrupted labels.
        """
        if not self._steps:
            return {}
        values = self.state_dict()
        self._steps.clear()
        corrupted = values["corrupted"].bool()
        means = {
            "loss": _mean(values["loss"]),
            "detector_auroc": _auroc(corrupted, values["doubt"]),
        }
        for name in ("loss", "confidence", "margin"):
            means[f"{name}_clean"] = _mean(values[name][~corrupted])
            means[f"{name}_corrupted"] = _mean(values[name][corrupted])
        means["skipped"] = _mean(values["skipped"]) or None
        means["memorisation"] = _mean(values["first"][corrupted])
        means["recovery"] = _mean(values["recovered"][corrupted & values["closed"].bool()])
        if "ambiguous" in values:
            means |= _weakening(values, corrupted)
        return {name: value for name, value in means.items() if value is not None}


def _weakening(values: dict[str, Tensor], corrupted: Tensor) -> dict[str, float | None]:
    ambiguous = values["ambiguous"] > 0
    return {
        **{name: _mean(values[name]) for name in (*SHARES, "plausible") if name in values},
        "largest_confidence": _mean(values["largest_confidence"]),
        "detector_precision": _mean(corrupted[ambiguous].float()),
        "detector_recall": _mean(ambiguous[corrupted].float()),
    }


def _mean(values: Tensor) -> float | None:
    taken = values[values.isfinite()]
    return float(taken.mean()) if len(taken) else None


def _auroc(corrupted: Tensor, doubt: Tensor) -> float | None:
    both = bool(corrupted.any()) and not bool(corrupted.all())
    return float(roc_auc_score(corrupted.numpy(), doubt.numpy())) if both else None
