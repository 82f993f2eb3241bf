"""The selected epoch of each group of cells beside the last one, which nothing stops early."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reporting.statistics.groups import Condition, Group


class LastEpoch(NamedTuple):
    """The selected and the last epoch of one loss under one condition, means over seeds.

    Attributes:
        condition: Collection, model, noise and ratio.
        loss: The loss.
        selected_epoch: The epoch that validates best, from 0.
        last_epoch: The last epoch.
        selected: The test measure of the selected epoch.
        last: The test measure of the last epoch.
    """

    condition: Condition
    loss: str
    selected_epoch: float
    last_epoch: float
    selected: float
    last: float


def last_epochs(groups: Iterable[Group], measure: str) -> Iterator[LastEpoch]:
    """Yield the groups all of whose cells tested their last epoch."""
    for group in groups:
        scores = [cell.scores for cell in group.cells]
        last = [found for each in scores if (found := each.get("last_epoch"))]
        if last and len(last) == len(scores):
            yield LastEpoch(
                group.condition,
                group.loss,
                mean(each["selected_epoch"] for each in scores),
                mean(each["epoch"] for each in last),
                group.mean(measure),
                mean(each["measures"][measure] for each in last),
            )
