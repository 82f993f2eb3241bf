"""The summary of a report: sentences computed from the numbers, which also say what is open."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from reporting.page.winners import SETTINGS, best_run, winners
from reporting.statistics.comparisons import BASELINE
from reporting.statistics.tried_variants import choices_in_words
from reporting.words import are, counted, listed, named, ratio_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Comparison
    from reporting.statistics.retention import Curve


class Section(NamedTuple):
    """A heading and the sentences below it."""

    heading: str
    sentences: list[str]


def summarise(analysis: Analysis) -> list[Section]:
    """Return the sections of the summary, without empty ones."""
    against = [
        found
        for found in analysis.comparisons
        if found.family == BASELINE and found.measure == analysis.measures[0]
    ]
    sections = [
        Section("What was run", list(_coverage(analysis))),
        Section(
            "What won", list((winners if analysis.cells.finished else best_run)(analysis, against))
        ),
        Section("Significance", list(_significance(analysis, against))),
        Section("Under noise", list(_robustness(analysis))),
        Section("Over all conditions", list(_ranks(analysis) if analysis.cells.finished else ())),
        Section(
            "Best on validation",
            list(islice(choices_in_words(analysis.variants, analysis.measures[0]), SETTINGS)),
        ),
        Section("Read with care", list(_cautions(analysis))),
    ]
    return [section for section in sections if section.sentences]


def _coverage(analysis: Analysis) -> Iterator[str]:
    cells = analysis.cells
    if not cells.finished:
        queries = len(analysis.groups[0].query_ids)
        names = listed(group.loss for group in analysis.groups)
        systems = counted(len(analysis.groups), "system")
        yield f"{systems}, scored on {counted(queries, 'query')}: {names}."
        return
    conditions = [group.condition for group in analysis.groups]
    ratios = [ratio_name(ratio) for ratio in sorted({condition.ratio for condition in conditions})]
    seeds = len({seed for group in analysis.groups for seed in group.seeds})
    datasets, models, noises = (
        sorted({condition[place] for condition in conditions}) for place in range(3)
    )
    yield (
        f"{counted(len(cells.finished), 'finished cell')}: {named('collection', datasets)}; "
        f"{named('model', models)}; "
        f"{counted(len({group.loss for group in analysis.groups}), 'loss')}; noise "
        f"{listed(noises)} at {named('ratio', ratios)}; {counted(seeds, 'seed')}."
    )
    missing, damaged = len(cells.incomplete), len(cells.corrupt)
    for number, fault in ((missing, "not finished"), (damaged, "damaged")):
        if number:
            they = "It is" if number == 1 else "They are"
            yield (
                f"{counted(number, 'cell')} {are(number)} {fault}. {they} listed below and left "
                "out of all numbers."
            )


def _significance(analysis: Analysis, against: Sequence[Comparison]) -> Iterator[str]:
    by_loss: defaultdict[str, list[Comparison]] = defaultdict(list)
    for found in against:
        by_loss[found.loss].append(found)
    if not analysis.cells.finished:
        for found in against:
            yield f"{found.loss} minus {found.other}: {_difference(found, '')}."
        return
    focus = analysis.plan.focus
    few = len(by_loss) <= SETTINGS
    for loss in sorted(by_loss, key=lambda loss: (loss != focus, loss)):
        if few or loss == focus:
            yield _verdict(loss, by_loss[loss], analysis.measures[0])
    others = sorted(loss for loss in by_loss if loss != focus)
    if not few:
        counts = "; ".join(f"{loss} {_score(by_loss[loss])}" for loss in others)
        yield (
            f"The others, as conditions above and below {analysis.plan.baseline}, with significant "
            f"ones in brackets: {counts}."
        )
    if len(by_loss) > 1:
        none = [
            loss
            for loss, found in sorted(by_loss.items())
            if not any(each.significant for each in found)
        ]
        if none:
            yield f"Nowhere significantly different from {analysis.plan.baseline}: {listed(none)}."


def _verdict(loss: str, found: Sequence[Comparison], measure: str) -> str:
    (above, better), (below, worse) = _counts(found)
    largest = max(found, key=lambda each: abs(each.difference))
    where = f"{largest.dataset}, {largest.model}, {largest.noise} {ratio_name(largest.ratio)}; "
    return (
        f"Under {counted(len(found), 'condition')}, {loss} has a higher {measure} than "
        f"{found[0].other} in {_of(above, better)} and a lower one in {_of(below, worse)}. "
        f"Largest difference: {_difference(largest, where)}."
    )


def _counts(found: Sequence[Comparison]) -> list[tuple[int, int]]:
    """Return how often a loss is better and worse, each with how often significantly."""
    return [
        (
            sum(sign * each.difference > 0 for each in found),
            sum(each.mark == sign for each in found),
        )
        for sign in (1, -1)
    ]


def _score(found: Sequence[Comparison]) -> str:
    (above, better), (below, worse) = _counts(found)
    return f"{above} ({better}) and {below} ({worse})"


def _of(number: int, significant: int) -> str:
    """Return how often, and how often significantly: `3 (1 of them significantly)`."""
    if number == 0:
        return "none"
    if number == 1:
        return f"1 ({'' if significant else 'not '}significantly)"
    return f"{number} ({significant or 'none'} of them significantly)"


def _difference(found: Comparison, where: str) -> str:
    verdict = "significant" if found.significant else "not significant"
    interval = f"95 % interval {found.low:+.4f} to {found.high:+.4f}"
    return f"{found.difference:+.4f} ({where}{interval}; {verdict})"


def _robustness(analysis: Analysis) -> Iterator[str]:
    measure = analysis.measures[0]
    settings: defaultdict[tuple[str, str, str], list[Curve]] = defaultdict(list)
    for curve in analysis.curves:
        if (
            curve.measure == measure
            and len(curve.points) > 1
            and curve.points[-1].retention is not None
        ):
            settings[curve.dataset, curve.model, curve.noise].append(curve)
    for setting, curves in list(settings.items())[:SETTINGS]:
        ratio = max(curve.points[-1].ratio for curve in curves)
        kept = {
            curve.loss: curve.points[-1].retention or 0.0
            for curve in curves
            if curve.points[-1].ratio == ratio
        }
        yield f"{', '.join(setting)}: at ratio {ratio_name(ratio)}, {_kept(analysis, kept)}."


def _kept(analysis: Analysis, kept: Mapping[str, float]) -> str:
    """Return what remains of the measure without noise: best, focus, baseline and worst loss."""
    best, worst = (choose(kept, key=kept.__getitem__) for choose in (max, min))
    compared = [
        loss for loss in (analysis.plan.focus, analysis.plan.baseline) if loss and loss in kept
    ]
    others = [loss for loss in dict.fromkeys([*compared, worst]) if loss != best]
    most = f", the most of {len(kept)} losses" if len(kept) > len(others) + 1 else ""
    rest = f"; {listed(f'{loss} keeps {kept[loss]:.1%}' for loss in others)}" if others else ""
    return f"{best} keeps {kept[best]:.1%} of its clean {analysis.measures[0]}{most}{rest}"


def _ranks(analysis: Analysis) -> Iterator[str]:
    for ranking in analysis.rankings[:1]:
        if len(ranking.losses) < 2:  # noqa: PLR2004 - one loss has no rank
            return
        order = listed(
            f"{loss} {place:.2f}"
            for loss, place in zip(ranking.losses, ranking.mean_ranks, strict=True)
        )
        conditions = counted(ranking.conditions, "condition")
        yield f"Average ranks by {ranking.measure} over {conditions}, best first: {order}."
        if ranking.p is None or ranking.critical_difference is None:
            yield "There are too few losses or conditions to test the ranks."
        else:
            yield (
                f"Friedman's test gives p = {ranking.p:.3g}. Average ranks that differ by less "
                f"than {ranking.critical_difference:.2f} do not differ significantly (Nemenyi)."
            )
        if ranking.left_out:
            yield f"Not ranked, for lack of finished conditions: {listed(ranking.left_out)}."


def _cautions(analysis: Analysis) -> Iterator[str]:
    yield from analysis.notes
    if analysis.comparisons:
        yield (
            "Tests and intervals describe the variation over test queries, on values averaged over "
            "seeds. Standard deviations describe the variation over seeds."
        )
