"""The tables of a report: measures by loss and noise ratio, differences with tests, ranks."""

from __future__ import annotations

from collections import defaultdict
from string import ascii_lowercase
from typing import TYPE_CHECKING

from reporting.statistics.comparisons import BASELINE, FAMILIES
from reporting.tables.captions import compared, over_seeds, ranked
from reporting.tables.entries import difference_entry, marks_of, mean_entry, slug
from reporting.tables.reference_lines import references_below, with_references
from reporting.tables.system_tables import system_tables
from reporting.tables.table import Column, Entry, Row, Table, with_best_marked
from reporting.words import ratio_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reporting.statistics.analysis import Analysis
    from reporting.statistics.comparisons import Comparison
    from reporting.statistics.groups import Condition, Group


def tables_of(analysis: Analysis) -> Iterator[Table]:
    """Yield all tables.

    Each measure has a table over everything and, for each data set, a table as in a paper and the
    comparisons. The ranks come last. Runs of other systems have tables of systems by measures.
    """
    if not analysis.cells.finished:
        yield from system_tables(analysis)
        return
    datasets = sorted({group.condition.dataset for group in analysis.groups})
    for measure in analysis.measures:
        yield measure_table(analysis, measure)
        for dataset in datasets:
            yield paper_table(analysis, dataset, measure)
            yield from difference_tables(analysis, dataset, measure)
    yield rank_table(analysis)


def measure_table(analysis: Analysis, measure: str) -> Table:
    """Return the table of all groups.

    It has a row per data set, model, noise and loss, a column per noise ratio, and the area under
    the curve.
    """
    ratios = sorted({group.condition.ratio for group in analysis.groups})
    areas = {curve[1:5]: curve.area for curve in analysis.curves if curve.measure == measure}
    marks = marks_of(analysis, measure)
    by_line: defaultdict[tuple[str, str, str, str], dict[float, Group]] = defaultdict(dict)
    for group in analysis.groups:
        dataset, model, noise, ratio = group.condition
        by_line[dataset, model, noise, group.loss][ratio] = group
    rows = [
        Row(
            line,
            (
                *(mean_entry(by_ratio.get(ratio), measure, marks) for ratio in ratios),
                _area(areas.get(line)),
            ),
        )
        for line, by_ratio in sorted(by_line.items())
    ]
    marked = with_best_marked(rows, lambda row: row.labels[:3])
    columns = (*(Column("noise ratio", ratio_name(ratio)) for ratio in ratios), Column("", "area"))
    caption = (
        f"{measure}{over_seeds(analysis.groups)}. Best and second of each data set, model and "
        f"noise. {compared(analysis, measure, BASELINE)} Area: average height of the curve over "
        "the noise ratio."
    )
    heads = ("dataset", "model", "noise", "loss")
    return Table(slug(measure), caption, heads, columns, with_references(analysis, measure, marked))


def paper_table(analysis: Analysis, dataset: str, measure: str) -> Table:
    """Return the table of one data set: a row per loss, a column per model and noise ratio.

    BM25 and the untrained model come last.
    """
    groups = [group for group in analysis.groups if group.condition.dataset == dataset]
    conditions, columns = _columns(group.condition for group in groups)
    marks = marks_of(analysis, measure)
    by_loss: defaultdict[str, dict[Condition, Group]] = defaultdict(dict)
    for group in groups:
        by_loss[group.loss][group.condition] = group
    rows = [
        Row(
            (loss,),
            tuple(
                mean_entry(by_condition.get(condition), measure, marks) for condition in conditions
            ),
        )
        for loss, by_condition in sorted(by_loss.items())
    ]
    caption = (
        f"{measure} on {dataset} ({len(groups[0].query_ids)} queries){over_seeds(groups)}. Best "
        f"and second of each column. {compared(analysis, measure, BASELINE, dataset)}"
    )
    return Table(
        f"{dataset}-{slug(measure)}-paper",
        caption,
        ("loss",),
        columns,
        (*with_best_marked(rows, lambda _: None), *references_below(analysis, measure, conditions)),
    )


def difference_tables(analysis: Analysis, dataset: str, measure: str) -> Iterator[Table]:
    """Yield the differences on one data set, a table for each family of comparisons.

    They have a row per loss and a column per model and noise ratio.
    """
    for family in FAMILIES:
        found = [
            c
            for c in analysis.comparisons
            if (c.family, c.dataset, c.measure) == (family, dataset, measure)
        ]
        if not found:
            continue
        conditions, columns = _columns(
            group.condition for group in analysis.groups if group.condition.dataset == dataset
        )
        by_loss: defaultdict[str, dict[tuple[object, ...], Comparison]] = defaultdict(dict)
        for comparison in found:
            by_loss[comparison.loss if family == BASELINE else comparison.other][
                comparison[2:6]
            ] = comparison
        rows = tuple(
            Row((loss,), tuple(_difference(by_condition, condition) for condition in conditions))
            for loss, by_condition in sorted(by_loss.items())
        )
        what = (
            f"each loss minus {analysis.plan.baseline}"
            if family == BASELINE
            else f"{analysis.plan.focus} minus each loss"
        )
        caption = (
            f"Difference in {measure} on {dataset}, {what}: mean over {found[0].queries} queries "
            "of values averaged over seeds, and its 95 % bootstrap interval over queries. "
            f"{compared(analysis, measure, family, dataset)}"
        )
        yield Table(f"{dataset}-{slug(measure)}-{family}", caption, ("loss",), columns, rows)


def rank_table(analysis: Analysis) -> Table:
    """Return the table of average ranks: a row per loss, a column per measure.

    Losses that share a letter do not differ significantly.
    """
    entries: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
    for ranking in analysis.rankings:
        for place, (loss, value) in enumerate(zip(ranking.losses, ranking.mean_ranks, strict=True)):
            letters = (
                ascii_lowercase[i % 26]
                for i, (first, last) in enumerate(ranking.cliques)
                if first <= place <= last
            )
            entries[loss][ranking.measure] = Entry(value, letters="".join(letters))
    rows = tuple(
        Row((loss,), tuple(by_measure.get(measure) for measure in analysis.measures))
        for loss, by_measure in entries.items()
    )
    return Table(
        "ranks",
        ranked(analysis.rankings, analysis.plan.alpha),
        ("loss",),
        tuple(Column("", m) for m in analysis.measures),
        rows,
    )


def _columns(conditions: Iterable[Condition]) -> tuple[list[Condition], tuple[Column, ...]]:
    ordered = sorted(set(conditions))
    return ordered, tuple(
        Column(f"{condition.model}, {condition.noise}", ratio_name(condition.ratio))
        for condition in ordered
    )


def _area(area: float | None) -> Entry | None:
    return None if area is None else Entry(area)


def _difference(
    by_condition: Mapping[tuple[object, ...], Comparison], condition: Sequence[object]
) -> Entry | None:
    return difference_entry(by_condition.get(tuple(condition)))
