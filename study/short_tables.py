"""The tables of docs/results.md: the goals, what noise costs and what is won back, and ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.goals import LOSS, PUBLISHED, RATIO, answers, average_ranks
from study.last_epochs import last_epochs
from study.markdown import table
from study.recovery import BASELINE, CEILING, NOISE
from study.stages import MODELS, QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Group

RATIOS = (0.0, 0.2, 0.4, 0.6)
CLEAN = 0.0


def goals(analysis: Analysis) -> str:
    """Return the goals, what was measured, and whether it is enough."""
    words = {True: "met", False: "missed", None: "open"}
    rows = [[answer.goal, answer.measured, words[answer.met]] for answer in answers(analysis)]
    return table(["goal", "measured", "so far"], rows)


def conditions(analysis: Analysis) -> str:
    """Return a row for each model and collection: what noise costs, and what is won back."""
    means = {
        (group.condition[:2], group.condition.noise, group.condition.ratio, group.loss): group
        for group in analysis.groups
    }
    places = sorted(
        {place for place, *_ in means}, key=lambda place: (MODELS.index(place[1]), place[0])
    )
    rows = []
    for place in places:
        own = {tuple(rest): group for (where, *rest), group in means.items() if where == place}
        last = {
            (each.condition.ratio, each.loss): each.last
            for each in last_epochs(own.values(), analysis.measures[0])
        }
        rows.append([place[1], place[0], *_row(own, last, analysis.measures[0])])
    heads = [
        "model",
        "collection",
        "clean: cross-entropy",
        "weakening",
        f"{RATIO:g}: cross-entropy",
        "weakening",
        "best other loss",
        "clean pairs only",
        "last epoch: cross-entropy",
        "weakening",
    ]
    return table(heads, rows)


def _row(
    own: Mapping[tuple[object, ...], Group], last: Mapping[tuple[float, str], float], measure: str
) -> Iterator[str]:
    def value(noise: str, ratio: float, loss: str) -> str:
        group = own.get((noise, ratio, loss))
        return "" if group is None else f"{group.mean(measure):.3f}"

    for ratio in (CLEAN, RATIO):
        yield from (value(NOISE, ratio, loss) for loss in (BASELINE, LOSS))
    others = {
        loss: group.mean(measure)
        for (noise, ratio, loss), group in own.items()
        if (noise, ratio) == (NOISE, RATIO) and loss not in {BASELINE, LOSS, PUBLISHED}
    }
    best = max(others, key=lambda loss: others[loss], default=None)
    yield "" if best is None else f"{others[best]:.3f} {best}"
    yield value(CEILING, RATIO, BASELINE)
    for loss in (BASELINE, LOSS):
        yield f"{last[RATIO, loss]:.3f}" if (RATIO, loss) in last else ""


def ranks(analysis: Analysis) -> str:
    """Return each loss's average rank over the quick models, by noise ratio."""
    by_ratio = {ratio: average_ranks(analysis, QUICK, {ratio}) for ratio in RATIOS}
    order = by_ratio[RATIO][0] or by_ratio[CLEAN][0]
    rows = [
        [loss, *(f"{found[loss]:.1f}" if loss in found else "" for found, _ in by_ratio.values())]
        for loss in order
    ]
    heads = [f"{ratio:g} ({count} conditions)" for ratio, (_, count) in by_ratio.items()]
    return table(["loss", *heads], rows)
