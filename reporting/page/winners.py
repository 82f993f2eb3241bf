"""What won, in words: the best loss of every setting and ratio, and whether it is told apart from the baseline."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reporting.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Comparison
    from reporting.statistics.groups import Group

SETTINGS = 8
"""Settings that are spoken of one by one at most."""

Ratios = dict[float, list["Group"]]
Marks = dict[tuple[str, str, str, float, str], int]


def winners(analysis: Analysis, against: Sequence[Comparison]) -> Iterator[str]:
    """Yield a sentence for each setting in which losses compete.

    Args:
        analysis: the report's content.
        against: comparisons with the baseline by the leading measure.
    """
    measure, baseline = analysis.measures[0], analysis.plan.baseline
    marks = {(*found[2:6], found.loss): found.mark for found in against}
    contested = list(_contested(analysis.groups).items())
    for setting, by_ratio in contested[:SETTINGS]:
        parts = (
            f"{loss} at {_heights(groups, measure)}{_told_apart(groups, marks, baseline)}"
            for loss, groups in _best(by_ratio, measure).items()
        )
        yield f"{', '.join(setting)}: the best {measure} has {'; '.join(parts)}."
    if len(contested) > SETTINGS:
        yield f"{len(contested) - SETTINGS} more settings are in the results table."


def best_run(analysis: Analysis, against: Sequence[Comparison]) -> Iterator[str]:
    """Yield the best of the runs of other systems, of which neither model nor noise is known."""
    measure, baseline = analysis.measures[0], analysis.plan.baseline
    best = max(analysis.groups, key=lambda group: group.mean(measure))
    significant = any(found.mark > 0 for found in against if found.loss == best.loss)
    verdict = (
        ""
        if best.loss == baseline
        else f", {'' if significant else 'not '}significantly above {baseline}"
    )
    yield f"The best {measure} has {best.loss} ({best.mean(measure):.4f}){verdict}."


def _contested(groups: Sequence[Group]) -> dict[tuple[str, str, str], Ratios]:
    """Groups by setting and ratio, where several losses are there."""
    settings: defaultdict[tuple[str, str, str], defaultdict[float, list[Group]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for group in groups:
        settings[group.condition[:3]][group.condition.ratio].append(group)
    several = {
        setting: {ratio: members for ratio, members in sorted(by_ratio.items()) if len(members) > 1}
        for setting, by_ratio in settings.items()
    }
    return {setting: by_ratio for setting, by_ratio in several.items() if by_ratio}


def _best(by_ratio: Ratios, measure: str) -> Mapping[str, list[Group]]:
    """Return the groups that are best at their ratio, by loss."""
    wins: defaultdict[str, list[Group]] = defaultdict(list)
    for members in by_ratio.values():
        best = max(members, key=lambda group: group.mean(measure))
        wins[best.loss].append(best)
    return wins


def _heights(groups: Sequence[Group], measure: str) -> str:
    return listed(
        f"ratio {group.condition.ratio:g} ({group.mean(measure):.4f})" for group in groups
    )


def _told_apart(groups: Sequence[Group], marks: Marks, baseline: str | None) -> str:
    """Return whether the winners are significantly better than the baseline."""
    tested = [group for group in groups if (*group.condition, group.loss) in marks]
    if not tested:
        return ""
    better = [
        f"{group.condition.ratio:g}" for group in tested if marks[*group.condition, group.loss] > 0
    ]
    if not better:
        return f", nowhere significantly above {baseline}"
    everywhere = len(better) == len(tested) and len(tested) > 1
    return f", significantly above {baseline} {'at each' if everywhere else f'at ratio {listed(better)}'}"
