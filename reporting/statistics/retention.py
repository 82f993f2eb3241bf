"""How a measure falls as the noise ratio rises: curve, retention and area under the curve."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cells.record.coordinates import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporting.statistics.groups import Group

CLEAN = "none"  # conf/noise/none.yaml: training on the clean judgements


class Point(NamedTuple):
    """One point of a curve.

    Attributes:
        ratio: the noise ratio.
        mean: mean of the measure over seeds.
        sd: standard deviation over seeds; None for one seed.
        seeds: number of seeds.
        retention: the mean divided by that at ratio 0; None if there is none, or it is 0.
    """

    ratio: float
    mean: float
    sd: float | None
    seeds: int
    retention: float | None


class Curve(NamedTuple):
    """A measure against the noise ratio.

    Attributes:
        measure: the measure.
        dataset: name of the collection.
        model: name of the model.
        noise: name of the noise model.
        loss: name of the loss.
        points: the points by ratio. Ratio 0 is the noise model's own, or else that of `noise=none`.
        area: area under the robustness curve: the integral over the ratio by trapezoids, divided by
            the range of the ratios; the measure's average height. None if the curve lacks a ratio
            that another loss has under the same noise, since areas over different ratios cannot be
            compared, or if it has every differing label of natural noise, which is no ratio.
    """

    measure: str
    dataset: str
    model: str
    noise: str
    loss: str
    points: tuple[Point, ...]
    area: float | None


Panel = tuple[str, str, str]
Line = tuple[Panel, str]


def curves(groups: Iterable[Group], measures: Sequence[str]) -> list[Curve]:
    """Return the curves of all measures."""
    lines: defaultdict[Line, dict[float, Group]] = defaultdict(dict)
    for group in groups:
        dataset, model, noise, ratio = group.condition
        lines[(dataset, model, noise), group.loss][ratio] = group
    _share_clean(lines)
    ratios: defaultdict[Panel, set[float]] = defaultdict(set)
    for (panel, _), by_ratio in lines.items():
        ratios[panel] |= by_ratio.keys()
    return [
        _curve(
            measure,
            panel,
            loss,
            [group for _, group in sorted(by_ratio.items())],
            sorted(by_ratio),
            whole=by_ratio.keys() == ratios[panel],
        )
        for measure in measures
        for (panel, loss), by_ratio in sorted(lines.items())
    ]


def _share_clean(lines: dict[Line, dict[float, Group]]) -> None:
    """Give curves without a clean point that of `noise=none`, which then has no separate curve."""
    used = set()
    for ((dataset, model, noise), loss), by_ratio in lines.items():
        clean = lines.get(((dataset, model, CLEAN), loss)) if noise != CLEAN else None
        if clean is not None:
            by_ratio.setdefault(0.0, clean[0.0])
            used.add(((dataset, model, CLEAN), loss))
    for line in used:
        del lines[line]


def _curve(
    measure: str,
    panel: Panel,
    loss: str,
    groups: Sequence[Group],
    ratios: Sequence[float],
    *,
    whole: bool,
) -> Curve:
    means = [group.mean(measure) for group in groups]
    area = None
    if whole and len(ratios) > 1 and ALL not in ratios:
        area = float(np.trapezoid(means, ratios) / (ratios[-1] - ratios[0]))
    return Curve(measure, *panel, loss, tuple(_points(measure, groups, ratios)), area)


def _points(measure: str, groups: Sequence[Group], ratios: Sequence[float]) -> Iterator[Point]:
    clean = groups[0].mean(measure) if ratios[0] == 0 else 0.0
    for group, ratio in zip(groups, ratios, strict=True):
        mean = group.mean(measure)
        yield Point(
            ratio, mean, group.sd(measure), len(group.seeds), mean / clean if clean else None
        )
