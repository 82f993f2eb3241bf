"""The goals of the study, each answered by a number.

They were set before the cells were run. A condition is a collection, a model and a noise ratio.
"""

from __future__ import annotations

from itertools import product
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from reporting.statistics.ranks import rank
from study.recovery import NOISE, detections, recoveries
from study.stages import MODELS, QUICK, SENSITIVE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Group
    from study.recovery import Recovery

LOSS, PUBLISHED = "label_weakening", "label_weakening_literal"
RATIO, HARDEST = 0.4, 0.6
PLANNED = len(SENSITIVE) * len(MODELS)
SIGNIFICANT = 14
BEHIND, BEHIND_ON_AVERAGE = 0.005, 0.002
COSTS = 0.01
HALF = 0.5
AUROC, COLLECTIONS = 0.9, 3


class Answer(NamedTuple):
    """One goal and what was measured.

    Attributes:
        goal: The goal, in words.
        measured: The number, and of how many conditions.
        met: Whether the goal is met by the conditions that were run; None if they cannot tell.
    """

    goal: str
    measured: str
    met: bool | None


def answers(analysis: Analysis) -> list[Answer]:
    """Return the goals with what was measured by the first measure of the analysis.

    Args:
        analysis: Cells under semantic noise and of clean pairs only, on the sensitive collections,
            compared with cross-entropy.
    """
    at_ratio = f"First in average rank among eleven losses at {RATIO:g}, all models"
    at_both = f"First in average rank among eleven losses at {RATIO:g} and {HARDEST:g}, "
    return [
        _ranked(analysis, at_ratio, MODELS, {RATIO}),
        _ranked(analysis, at_both + " and ".join(QUICK), QUICK, {RATIO, HARDEST}),
        _significant(analysis),
        _clean(analysis),
        _won_back(analysis),
        _detected(analysis),
    ]


def average_ranks(
    analysis: Analysis, models: Collection[str], ratios: Collection[float]
) -> tuple[dict[str, float], int]:
    """Return the average rank of the default and the ten baselines, best first, and conditions."""
    groups = [group for group in _under(analysis.groups, models, ratios) if group.loss != PUBLISHED]
    if not groups:
        return {}, 0
    ranking = rank(groups, analysis.measures[0], alpha=analysis.plan.alpha)
    return dict(zip(ranking.losses, ranking.mean_ranks, strict=True)), ranking.conditions


def _under(
    groups: Sequence[Group], models: Collection[str], ratios: Collection[float]
) -> Iterator[Group]:
    for group in groups:
        condition = group.condition
        if condition.noise == NOISE and condition.model in models and condition.ratio in ratios:
            yield group


def _ranked(
    analysis: Analysis, goal: str, models: Collection[str], ratios: Collection[float]
) -> Answer:
    ranks, conditions = average_ranks(analysis, models, ratios)
    if LOSS not in ranks:
        return Answer(goal, "not run", None)
    place = list(ranks).index(LOSS) + 1
    others = {loss: value for loss, value in ranks.items() if loss != LOSS}
    rival = min(others, key=lambda loss: others[loss])
    planned = len(list(product(SENSITIVE, models, ratios)))
    measured = (
        f"{ranks[LOSS]:.2f}, place {place} of {len(ranks)}; {rival} {others[rival]:.2f} "
        f"({conditions} of {planned} conditions)"
    )
    return Answer(goal, measured, place == 1)


def _significant(analysis: Analysis) -> Answer:
    goal = (
        f"Significantly better than cross-entropy at {RATIO:g} (Holm) in {SIGNIFICANT} of "
        f"{PLANNED} conditions, worse in none"
    )
    marks = [
        found.mark
        for found in analysis.comparisons
        if (found.loss, found.noise, found.ratio) == (LOSS, NOISE, RATIO)
        and found.measure == analysis.measures[0]
    ]
    if not marks:
        return Answer(goal, "not run", None)
    better, worse = marks.count(1), marks.count(-1)
    met = better * PLANNED >= SIGNIFICANT * len(marks) and not worse
    return Answer(goal, f"better in {better} of {len(marks)}, worse in {worse}", met)


def _clean(analysis: Analysis) -> Answer:
    goal = (
        f"At most {BEHIND:.3f} behind cross-entropy on clean labels where it is furthest behind, "
        f"{BEHIND_ON_AVERAGE:.3f} on average"
    )
    found = {
        f"{each.model} on {each.dataset}": -each.difference
        for each in analysis.comparisons
        if (each.loss, each.noise, each.ratio) == (LOSS, NOISE, 0)
        and each.measure == analysis.measures[0]
    }
    if not found:
        return Answer(goal, "not run", None)
    most = max(found, key=lambda place: found[place])
    average = mean(found.values())
    measured = (
        f"{_behind(found[most])} ({most}), {_behind(average)} on average "
        f"({len(found)} of {PLANNED} conditions)"
    )
    return Answer(goal, measured, found[most] <= BEHIND and average <= BEHIND_ON_AVERAGE)


def _behind(value: float) -> str:
    return f"{value:.4f} behind" if value > 0 else f"{-value:.4f} ahead"


def _won_back(analysis: Analysis) -> Answer:
    goal = (
        f"Wins back half of what {100 * RATIO:.0f} % noise costs cross-entropy, or reaches clean "
        f"pairs only where that is lower; mean over conditions where noise costs {COSTS:.2f}"
    )
    found = [
        each
        for each in recoveries(analysis.groups, analysis.measures[0])
        if (each.loss, each.ratio) == (LOSS, RATIO) and each.cost >= COSTS
    ]
    if not found:
        return Answer(goal, "not run", None)
    won, needed = mean(each.share(each.value) for each in found), mean(map(_needed, found))
    return Answer(
        goal, f"{won:.2f} of {needed:.2f} needed ({len(found)} conditions)", won >= needed
    )


def _needed(recovery: Recovery) -> float:
    """Return the share of the cost that the goal asks for."""
    return HALF if recovery.dropped is None else min(HALF, recovery.share(recovery.dropped))


def _detected(analysis: Analysis) -> Answer:
    goal = f"AUROC of doubt at {RATIO:g} of {AUROC:g} on {COLLECTIONS} of 4 collections, adapter"
    found = {
        each.condition.dataset: each.values["detector_auroc"]
        for each in detections(analysis.groups)
        if each.loss == LOSS and each.condition[1:] == ("adapter", NOISE, RATIO)
    }
    if not found:
        return Answer(goal, "not run", None)
    measured = ", ".join(f"{dataset} {value:.3f}" for dataset, value in sorted(found.items()))
    reached = sum(value >= AUROC for value in found.values())
    within_reach = reached + len(SENSITIVE) - len(found) >= COLLECTIONS
    return Answer(goal, measured, reached >= COLLECTIONS or (None if within_reach else False))
