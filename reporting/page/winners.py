"""The best loss of every setting and ratio, in sentences, and whether it beats the baseline."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reporting.words import listed, named, ratio_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Comparison
    from reporting.statistics.groups import Group

SETTINGS = 8
"""The most settings that get a sentence each."""

Ratios = dict[float, list["Group"]]
Marks = dict[tuple[str, str, str, float, str], int]


def winners(analysis: Analysis, against: Sequence[Comparison]) -> Iterator[str]:
    """Yield a sentence for each setting with several losses.

    Args:
        analysis: the report's content.
        against: comparisons with the baseline by the first measure.
    """
    measure, baseline = analysis.measures[0], analysis.plan.baseline
    marks = {(*found[2:6], found.loss): found.mark for found in against}
    contested = list(_contested(analysis.groups).items())
    for setting, by_ratio in contested[:SETTINGS]:
        parts = (
            f"{loss}{'' if place else ' is best'} at {_heights(groups, measure, short=place > 0)}"
            f"{_told_apart(groups, marks, baseline)}"
            for place, (loss, groups) in enumerate(_best(by_ratio, measure).items())
        )
        yield f"{', '.join(setting)}: by {measure}, {'; '.join(parts)}."
    if len(contested) > SETTINGS:
        yield f"The results table has {len(contested) - SETTINGS} more settings."


def best_run(analysis: Analysis, against: Sequence[Comparison]) -> Iterator[str]:
    """Yield a sentence on the best of the runs of other systems, whose model is not known."""
    measure, baseline = analysis.measures[0], analysis.plan.baseline
    best = max(analysis.groups, key=lambda group: group.mean(measure))
    significant = any(found.mark > 0 for found in against if found.loss == best.loss)
    verdict = (
        ""
        if best.loss == baseline
        else f", {'' if significant else 'not '}significantly better than {baseline}"
    )
    yield f"{best.loss} has the best {measure} ({best.mean(measure):.4f}){verdict}."


def _contested(groups: Sequence[Group]) -> dict[tuple[str, str, str], Ratios]:
    """Return the groups by setting and ratio, if several losses were trained there."""
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


def _heights(groups: Sequence[Group], measure: str, *, short: bool) -> str:
    heights = [
        f"{ratio_name(group.condition.ratio)} ({group.mean(measure):.3f})" for group in groups
    ]
    return listed(heights) if short else named("ratio", heights)


def _told_apart(groups: Sequence[Group], marks: Marks, baseline: str | None) -> str:
    """Return whether the winners are significantly better than the baseline."""
    tested = [group for group in groups if (*group.condition, group.loss) in marks]
    if not tested:
        return ""
    better = [
        ratio_name(group.condition.ratio)
        for group in tested
        if marks[*group.condition, group.loss] > 0
    ]
    if not better:
        return f", not significantly better than {baseline}"
    only = "" if len(better) == len(tested) else f" at {named('ratio', better)}"
    return f", significantly better than {baseline}{only}"
