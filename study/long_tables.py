"""The tables of docs/results-tables.md: every loss under every condition."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from reporting.tables.result_tables import difference_tables, paper_table
from reporting.tables.table_files import markdown
from study.goals import LOSS, PUBLISHED
from study.last_epochs import last_epochs
from study.markdown import table
from study.recovery import BASELINE, detections, recoveries, spent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reporting.statistics.analysis import Analysis
    from study.recovery import Recovery

DETECTORS = {
    "detector_auroc": "AUROC of doubt",
    "detector_precision": "precision",
    "detector_recall": "recall",
    "ambiguous": "doubted",
    "memorisation": "memorised",
    "recovery": "recovered",
}


def long_tables(analysis: Analysis, rates: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield all tables.

    Args:
        analysis: All cells, compared with cross-entropy.
        rates: `<collection>/<model>/<loss>` -> its `learning_rate`, and those `tried`.
    """
    measure = analysis.measures[0]
    for dataset in sorted({group.condition.dataset for group in analysis.groups}):
        yield f"## {dataset}\n"
        yield markdown(paper_table(analysis, dataset, measure))
        yield from map(markdown, difference_tables(analysis, dataset, measure))
    yield "## Selected and last epoch\n"
    yield _epochs(analysis)
    yield "## Between the ceilings\n"
    yield _ceilings(list(recoveries(analysis.groups, measure)))
    yield "## Detection of wrong labels, last epoch\n"
    yield _detectors(analysis)
    yield "## Learning rates\n"
    yield _rates(rates)
    yield "## Compute spent\n"
    yield _spent(analysis)


def _epochs(analysis: Analysis) -> str:
    heads = ["collection", "model", "noise", "ratio", "loss", "selected", "of", "its value", "last"]
    rows = [
        [
            *each.condition[:3],
            f"{each.condition.ratio:g}",
            each.loss,
            f"{each.selected_epoch + 1:.1f}",
            f"{each.last_epoch + 1:.1f}",
            f"{each.selected:.3f}",
            f"{each.last:.3f}",
        ]
        for each in last_epochs(analysis.groups, analysis.measures[0])
    ]
    return table(heads, rows)


def _ceilings(found: list[Recovery]) -> str:
    """Return where label weakening and the best other loss lie between noisy and clean labels."""
    weakened = [each for each in found if each.loss in {LOSS, PUBLISHED}]
    rows = [
        [
            each.dataset,
            each.model,
            f"{each.ratio:g}",
            each.loss,
            f"{each.clean:.3f}",
            "" if each.dropped is None else f"{each.dropped:.3f}",
            f"{each.baseline:.3f}",
            f"{each.value:.3f}",
            _signed(each.share(each.value)),
            _signed(each.share(each.dropped)),
        ]
        for each in sorted(weakened + _best_others(found))
    ]
    heads = [
        *("collection", "model", "ratio", "loss", "cross-entropy, clean labels"),
        *("cross-entropy, clean pairs only", "cross-entropy, noisy", "the loss, noisy"),
        *("won back by the loss", "won back by dropping"),
    ]
    return table(heads, rows)


def _best_others(found: Sequence[Recovery]) -> list[Recovery]:
    best: dict[tuple[object, ...], Recovery] = {}
    for each in found:
        place = each[:3]
        if each.loss not in {LOSS, PUBLISHED} and (
            place not in best or each.value > best[place].value
        ):
            best[place] = each
    return list(best.values())


def _signed(share: float) -> str:
    return "" if math.isnan(share) else f"{share:+.2f}"


def _detectors(analysis: Analysis) -> str:
    rows = [
        [
            *each.condition[:3],
            f"{each.condition.ratio:g}",
            each.loss,
            *(f"{each.values[name]:.3f}" if name in each.values else "" for name in DETECTORS),
        ]
        for each in detections(analysis.groups)
        if each.loss in {BASELINE, LOSS, PUBLISHED}
    ]
    return table(["collection", "model", "noise", "ratio", "loss", *DETECTORS.values()], rows)


def _rates(rates: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the learning rates that validation chose, and the rates tried."""
    by_place: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for method, choice in rates.items():
        place, _, loss = method.rpartition("/")
        by_place[place][loss] = choice
    losses = sorted({loss for choices in by_place.values() for loss in choices})
    tried = {
        place: sorted({rate for each in choices.values() for rate in each["tried"]}, key=float)
        for place, choices in by_place.items()
    }
    rows = [
        [
            *place.split("/"),
            ", ".join(tried[place]),
            *(f"{choices[loss]['learning_rate']:g}" if loss in choices else "" for loss in losses),
        ]
        for place, choices in sorted(by_place.items())
    ]
    return table(["collection", "model", "tried", *losses], rows)


def _spent(analysis: Analysis) -> str:
    rows = [
        [each.dataset, each.model, str(each.cells), f"{each.hours:.2f}"]
        for each in spent(analysis.cells.finished)
    ]
    return table(["collection", "model", "cells", "hours of wall time"], rows)
