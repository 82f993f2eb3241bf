"""The numbers of a report as CSV files with all digits.

Everything else that a report shows can be recomputed from them.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from data.storage.atomic_files import written_aside
from reporting.statistics.comparisons import Comparison
from reporting.statistics.tried_variants import TriedVariant
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from reporting.reading.cells import FinishedCell
    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Group

CONDITION = ("dataset", "model", "noise", "ratio")


OF_SYSTEMS = {"groups", "comparisons"}
"""The sheets that a report on runs of other systems has."""


class Sheet(NamedTuple):
    """The content of a CSV file.

    Attributes:
        columns: names of the columns.
        rows: the rows; None and NaN are written as empty fields.
    """

    columns: tuple[str, ...]
    rows: Iterable[Iterable[object]]


def write_csvs(analysis: Analysis, out: Path) -> None:
    """Write every sheet, and per_query/<dataset>.csv."""
    for name, sheet in sheets(analysis).items():
        if analysis.cells.finished:
            write_csv(out / f"{name}.csv", sheet)
        elif name in OF_SYSTEMS:
            write_csv(out / f"{name}.csv", of_systems(sheet))
    _write_per_query(analysis, out / "per_query")


def sheets(analysis: Analysis) -> dict[str, Sheet]:
    """Return the sheets by name, each a file of the report."""
    ranks = ("measure", "loss", "mean_rank", "conditions", "friedman", "p", "critical_difference")
    curves = (
        "measure",
        "dataset",
        "model",
        "noise",
        "loss",
        "ratio",
        "mean",
        "sd",
        "seeds",
        "retention",
        "area",
    )
    return {
        "cells": Sheet(
            _cell_columns(analysis),
            (_cell(cell, analysis.measures) for cell in analysis.cells.finished),
        ),
        "incomplete": Sheet(("cell", "state", "detail"), _incomplete(analysis)),
        "variants": Sheet((*CONDITION, *TriedVariant._fields[1:]), _variants(analysis)),
        "groups": Sheet((*CONDITION, "loss", "measure", "seeds", "mean", "sd"), _groups(analysis)),
        "comparisons": Sheet(Comparison._fields, analysis.comparisons),
        "ranks": Sheet(ranks, _ranks(analysis)),
        "curves": Sheet(curves, _curves(analysis)),
    }


def of_systems(sheet: Sheet) -> Sheet:
    """Return a sheet of runs of other systems, without their model, noise, ratio and loss."""
    kept = [place for place, name in enumerate(sheet.columns) if name not in CONDITION[1:]]
    columns = (sheet.columns[place] for place in kept)
    rows = (list(row) for row in sheet.rows)
    return Sheet(
        tuple("system" if name == "loss" else name for name in columns),
        ([row[place] for place in kept] for row in rows),
    )


def write_csv(path: Path, sheet: Sheet) -> None:
    """Write a sheet completely or not at all."""
    with written_aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(sheet.columns)
        writer.writerows(map(known, sheet.rows))


def known(row: Iterable[object]) -> list[object]:
    """Return the row with None for NaN."""
    return [None if isinstance(value, float) and math.isnan(value) else value for value in row]


def _cell_columns(analysis: Analysis) -> tuple[str, ...]:
    untrained = (f"untrained/{measure}" for measure in analysis.measures)
    last = (f"last_epoch/{measure}" for measure in analysis.measures)
    facts = (
        "corrupted",
        "audit_sha256",
        "selected_epoch",
        "train_seconds",
        "seconds",
        "peak_memory_mib",
        "fingerprint",
        "git_commit",
    )
    return ("cell", *CONDITION, "loss", "seed", *analysis.measures, *untrained, *last, *facts)


def _cell(cell: FinishedCell, measures: Sequence[str]) -> Iterator[object]:
    scores = cell.scores
    untrained, noise, seconds = (
        scores.get(key, {}) for key in ("untrained", "noise", "wall_seconds")
    )
    yield from (cell.name, cell.dataset, cell.model, cell.noise, cell.ratio, cell.loss, cell.seed)
    yield from (cell.measures[measure] for measure in measures)
    yield from (untrained.get(measure) for measure in measures)
    last = (scores.get("last_epoch") or {}).get("measures", {})
    yield from (last.get(measure) for measure in measures)
    yield from (noise.get("realised"), noise.get("audit_sha256"), scores.get("selected_epoch"))
    yield from (
        seconds.get("train"),
        sum(seconds.values()),
        scores.get("peak_memory_mib"),
        cell.fingerprint,
        scores.get("git_commit"),
    )


def _incomplete(analysis: Analysis) -> Iterator[tuple[str, str, str]]:
    yield from ((state.cell, state.state, state.detail) for state in analysis.cells.incomplete)
    yield from ((problem.cell, "corrupt", problem.reason) for problem in analysis.cells.corrupt)


def _variants(analysis: Analysis) -> Iterator[tuple[object, ...]]:
    for condition, loss, variant, seeds, *choice in analysis.variants:
        yield (*condition, loss, variant, " ".join(map(str, seeds)), *choice)


def _groups(analysis: Analysis) -> Iterator[tuple[object, ...]]:
    for group in analysis.groups:
        seeds = " ".join(map(str, group.seeds))
        for measure in analysis.measures:
            yield (
                *group.condition,
                group.loss,
                measure,
                seeds,
                group.mean(measure),
                group.sd(measure),
            )


def _ranks(analysis: Analysis) -> Iterator[tuple[object, ...]]:
    for ranking in analysis.rankings:
        facts = (ranking.conditions, ranking.statistic, ranking.p, ranking.critical_difference)
        for loss, mean_rank in zip(ranking.losses, ranking.mean_ranks, strict=True):
            yield (ranking.measure, loss, mean_rank, *facts)


def _curves(analysis: Analysis) -> Iterator[tuple[object, ...]]:
    for curve in analysis.curves:
        for point in curve.points:
            yield (*curve[:5], *point, curve.area)


def _write_per_query(analysis: Analysis, folder: Path) -> None:
    """Write one file per collection, with a line per group and measure and a column per query."""
    folder.mkdir(exist_ok=True)
    by_dataset: defaultdict[str, list[Group]] = defaultdict(list)
    for group in analysis.groups:
        by_dataset[group.condition.dataset].append(group)
    for dataset, groups in track(by_dataset.items(), "Writing per-query values"):
        columns = ("measure", *CONDITION[1:], "loss", *groups[0].query_ids)
        rows = (
            (measure, *group.condition[1:], group.loss, *group.queries(measure).tolist())
            for measure in analysis.measures
            for group in groups
        )
        sheet = Sheet(columns, rows)
        write_csv(
            folder / f"{dataset}.csv", sheet if analysis.cells.finished else of_systems(sheet)
        )
