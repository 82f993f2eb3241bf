"""Which losses are compared, in which family of tests, and the results of the tests."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from reporting.statistics.resampling import Resampler
from reporting.statistics.significance import PairedTests, holm, paired_tests
from reporting.words import ratio_name
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporting.statistics.groups import Condition, Group

BASELINE, FOCUS = "baseline", "focus"
FAMILIES = (BASELINE, FOCUS)
TESTS = ("t", "randomisation")
ROWS = 1 << 21  # differences in memory at once
SHOWN = 3  # conditions named in a note


@dataclass(frozen=True)
class Plan:
    """What is compared, and how.

    Attributes:
        baseline: the loss that every other is compared with (family `baseline`); None: none.
        focus: the loss that is compared with every other (family `focus`); None: none.
        test: the test whose p-values decide significance, `t` or `randomisation`.
        alpha: level of significance of a family.
        resamples: draws of the randomisation test and of the bootstrap.
        seed: seed of these draws.
        tuned: whether each loss is its variant that is best on validation, condition by condition.
    """

    baseline: str | None
    focus: str | None
    test: str = "t"
    alpha: float = 0.05
    resamples: int = 10_000
    seed: int = 0
    tuned: bool = False


class Comparison(NamedTuple):
    """One loss compared with another under one condition, by one measure.

    Attributes:
        family: `baseline` or `focus`. Holm's correction covers all comparisons of that kind, by
            that measure, on that data set.
        measure: the measure.
        dataset: name of the collection.
        model: name of the model.
        noise: name of the noise model.
        ratio: the noise ratio.
        loss: the loss.
        other: the loss that it is compared with.
        queries: number of paired queries, Q.
        seeds: number of seeds over which the loss's values are averaged.
        other_seeds: the same for the other loss.
        difference: mean over queries of (loss - other).
        effect_size: Cohen's d of the paired differences.
        low: lower end of the 95 % bootstrap interval of the difference.
        high: upper end.
        t: statistic of the paired t-test; NaN where it is undefined (every query differs by the
            same amount).
        p_t: its p-value.
        p_randomisation: p-value of the randomisation test.
        holm_t: `p_t` corrected for the family; if `p_t` is undefined, `p_randomisation` takes its
            place.
        holm_randomisation: `p_randomisation` corrected for the family.
        wins: queries on which the loss is better.
        ties: queries on which both are equal.
        losses: queries on which the other loss is better.
        tests: size of the family.
        significant: whether the corrected p-value of the plan's test is below its level.
    """

    family: str
    measure: str
    dataset: str
    model: str
    noise: str
    ratio: float
    loss: str
    other: str
    queries: int
    seeds: int
    other_seeds: int
    difference: float
    effect_size: float
    low: float
    high: float
    t: float
    p_t: float
    p_randomisation: float
    holm_t: float
    holm_randomisation: float
    wins: int
    ties: int
    losses: int
    tests: int
    significant: bool

    @property
    def mark(self) -> int:
        """1 if the loss is significantly better, -1 if it is significantly worse, else 0."""
        return int(np.sign(self.difference)) if self.significant else 0


class Comparisons(NamedTuple):
    """All comparisons.

    Attributes:
        comparisons: by family, measure, condition and losses.
        notes: sentences on what could not be compared.
    """

    comparisons: list[Comparison]
    notes: list[str]


Pair = tuple["Group", "Group"]


def compare(groups: Sequence[Group], measures: Sequence[str], plan: Plan) -> Comparisons:
    """Compare the groups of each condition as planned."""
    comparisons: list[Comparison] = []
    notes: list[str] = []
    by_dataset: defaultdict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_dataset[group.condition.dataset].append(group)
    for dataset, members in track(by_dataset.items(), "Comparing"):
        pairs, missing = _pairs(members, plan)
        notes.extend(missing)
        queries = len(members[0].query_ids)
        if queries < 2:  # noqa: PLR2004 - a paired test needs two
            notes.append(f"{dataset} has {queries} test query: differences on it cannot be tested.")
            continue
        resampler = Resampler(queries, resamples=plan.resamples, seed=plan.seed)
        for family in FAMILIES:
            for measure in measures if pairs[family] else ():
                comparisons.extend(_tested(family, measure, pairs[family], resampler, plan))
    order = {measure: place for place, measure in enumerate(measures)}
    comparisons.sort(key=lambda found: (found.family, order[found.measure], *found[2:8]))
    return Comparisons(comparisons, notes)


def _pairs(groups: Iterable[Group], plan: Plan) -> tuple[dict[str, list[Pair]], list[str]]:
    """Return the pairs (loss, other) of each family, and notes on what cannot be compared."""
    conditions: defaultdict[Condition, dict[str, Group]] = defaultdict(dict)
    for group in groups:
        conditions[group.condition][group.loss] = group
    pairs: dict[str, list[Pair]] = {BASELINE: [], FOCUS: []}
    notes = []
    for family, name in ((BASELINE, plan.baseline), (FOCUS, plan.focus)):
        lacking = [
            condition
            for condition, by_loss in sorted(conditions.items())
            if name is not None and name not in by_loss
        ]
        if lacking:
            notes.append(_lacking(name, lacking, len(conditions)))
        for _, by_loss in sorted(conditions.items()):
            if name in by_loss:
                others = [group for loss, group in sorted(by_loss.items()) if loss != name]
                pairs[family].extend(
                    (group, by_loss[name]) if family == BASELINE else (by_loss[name], group)
                    for group in others
                )
    if [_names(pair) for pair in pairs[FOCUS]] == [_names(pair) for pair in pairs[BASELINE]]:
        pairs[FOCUS] = []  # two losses have one comparison, not two
    return pairs, notes


def _names(pair: Pair) -> tuple[Condition, str, str]:
    return pair[0].condition, pair[0].loss, pair[1].loss


def _lacking(loss: str | None, conditions: Sequence[Condition], total: int) -> str:
    named = [
        f"{'/'.join(condition[:3])}-{ratio_name(condition.ratio)}"
        for condition in conditions[:SHOWN]
    ]
    return (
        f"{loss} is not finished under {len(conditions)} of {total} conditions of "
        f"{conditions[0].dataset} "
        f"({', '.join(named)}{', ...' if len(conditions) > SHOWN else ''}): nothing is compared "
        "with it there."
    )


def _tested(
    family: str, measure: str, pairs: Sequence[Pair], resampler: Resampler, plan: Plan
) -> Iterator[Comparison]:
    tests = _all_tests(measure, pairs, resampler)
    holm_t = holm(np.where(np.isnan(tests.p_t), tests.p_randomisation, tests.p_t))
    holm_randomisation = holm(tests.p_randomisation)
    significant = (holm_t if plan.test == "t" else holm_randomisation) < plan.alpha
    columns = [column.tolist() for column in (*tests[:7], holm_t, holm_randomisation, *tests[7:])]
    for (group, other), row, marked in zip(
        pairs, zip(*columns, strict=True), significant.tolist(), strict=True
    ):
        sizes = (len(group.query_ids), len(group.seeds), len(other.seeds))
        yield Comparison._make(
            (
                family,
                measure,
                *group.condition,
                group.loss,
                other.loss,
                *sizes,
                *row,
                len(pairs),
                marked,
            )
        )


def _all_tests(measure: str, pairs: Sequence[Pair], resampler: Resampler) -> PairedTests:
    """Test all pairs, with the differences of only some of them in memory at a time."""
    step = max(1, ROWS // len(pairs[0][0].query_ids))
    parts = [
        paired_tests(
            np.array(
                [
                    group.queries(measure) - other.queries(measure)
                    for group, other in pairs[start : start + step]
                ]
            ),
            resampler,
        )
        for start in range(0, len(pairs), step)
    ]
    return PairedTests(*(np.concatenate(column) for column in zip(*parts, strict=True)))
