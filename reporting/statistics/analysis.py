"""Everything that a report says; all tables, figures and sentences are made from this alone."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from reporting.statistics.comparisons import Comparison, Plan, compare
from reporting.statistics.groups import Groups, read_groups
from reporting.statistics.ranks import Ranking, rank
from reporting.statistics.retention import Curve, curves

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reporting.reading.cells import Cells, FinishedCell
    from reporting.statistics.groups import Condition, Group
    from reporting.statistics.tried_variants import TriedVariant


class Analysis(NamedTuple):
    """A report's content.

    Attributes:
        plan: what was compared, and how.
        cells: the cells that were read; those with damaged per-query files are corrupt.
        groups: cells over seeds.
        measures: the measures; the first is the main one.
        comparisons: paired tests.
        rankings: average ranks, one per measure.
        curves: robustness curves.
        notes: sentences on gaps that a reader must know of.
        variants: the variants of every loss, and which of them is best on validation.
    """

    plan: Plan
    cells: Cells
    groups: list[Group]
    measures: tuple[str, ...]
    comparisons: list[Comparison]
    rankings: list[Ranking]
    curves: list[Curve]
    notes: list[str]
    variants: Sequence[TriedVariant] = ()


def analyse(cells: Cells, plan: Plan, measures: Sequence[str] | None = None) -> Analysis:
    """Compute a report's content from finished cells.

    Raises:
        InputError: for cells that cannot be compared; it names them.
    """
    read = read_groups(cells.finished, measures)
    unreadable = {problem.cell for problem in read.corrupt}
    finished = [cell for cell in cells.finished if cell.name not in unreadable]
    return conclude(
        cells._replace(finished=finished, corrupt=[*cells.corrupt, *read.corrupt]), read, plan
    )


def conclude(cells: Cells, read: Groups, plan: Plan) -> Analysis:
    """Compute a report's content from groups."""
    groups, measures, _ = read
    compared = compare(groups, measures, plan)
    rankings = [rank(groups, measure, alpha=plan.alpha) for measure in measures] if groups else []
    notes = [*_notes(cells.finished, groups), *compared.notes]
    return Analysis(
        plan,
        cells,
        groups,
        measures,
        compared.comparisons,
        rankings,
        curves(groups, measures),
        notes,
    )


def _unlike_seeds(groups: Iterable[Group]) -> Iterator[str]:
    """Yield a sentence if losses that are compared have different seeds."""
    seeds: defaultdict[Condition, set[tuple[int, ...]]] = defaultdict(set)
    for group in groups:
        seeds[group.condition].add(group.seeds)
    unlike = sum(len(found) > 1 for found in seeds.values())
    if unlike:
        yield (
            f"Under {unlike} of {len(seeds)} conditions the losses do not have the same seeds, so "
            "part of their difference comes from other corrupted labels and initial weights."
        )


def _notes(finished: Sequence[FinishedCell], groups: Sequence[Group]) -> list[str]:
    notes = []
    single = sum(len(group.seeds) == 1 for group in groups)
    if single:
        notes.append(
            f"{single} of {len(groups)} groups {'has' if single == 1 else 'have'} a single seed "
            "and therefore no standard deviation."
        )
    most = max((len(group.seeds) for group in groups), default=0)
    fewer = sum(len(group.seeds) < most for group in groups)
    if fewer:
        notes.append(f"Groups have different numbers of seeds: {fewer} have fewer than {most}.")
    notes.extend(_unlike_seeds(groups))
    commits = sorted({str(cell.scores.get("git_commit")) for cell in finished})
    if len(commits) > 1:
        notes.append(
            f"The cells were run with {len(commits)} versions of the code: {', '.join(commits)}."
        )
    return notes
