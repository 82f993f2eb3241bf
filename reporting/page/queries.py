"""The drill-down: the queries on which losses differ most, their documents, and their labels."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cells.record.owned_files import run_in
from errors import InputError
from reporting.page.configs import read_config
from reporting.page.documents import PageDocuments
from reporting.page.runs import read_lists
from reporting.page.texts import open_texts
from reporting.reading.per_query_values import read_values
from reporting.statistics.significance import SAME
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reporting.reading.cells import FinishedCell
    from reporting.statistics.analysis import Analysis
    from reporting.statistics.groups import Condition, Group

CONDITIONS = 12
QUERIES = 8
"""Number of queries with the largest gains, and of those with the largest losses."""

LOSSES = 8
TOP = 5
DIGITS = 6  # two more than shown, because the page computes differences


class Contest(NamedTuple):
    """A condition with the losses whose runs are shown.

    Attributes:
        condition: the condition.
        groups: the losses; the first is compared with the second, if any.
        seed: the seed whose runs are shown, the smallest that the first two share.
    """

    condition: Condition
    groups: tuple[Group, ...]
    seed: int

    def cell(self, place: int) -> FinishedCell:
        """Return the cell whose run is shown for a loss."""
        return next(cell for cell in self.groups[place].cells if cell.seed == self.seed)


def drill_down(analysis: Analysis) -> dict[str, Any]:
    """Return the content of the drill-down as JSON values.

    It has the documents by data set, and the conditions with their queries.
    """
    contests = _contests(analysis)
    documents: dict[str, PageDocuments] = {}
    conditions = []
    for contest in track(contests, "Looking up queries"):
        dataset = contest.condition.dataset
        if dataset not in documents:
            documents[dataset] = PageDocuments(
                open_texts(contest.groups[0], read_config(contest.groups[0]))
            )
        conditions.append(_condition(contest, analysis.measures[0], documents[dataset]))
    return {
        "measure": analysis.measures[0],
        "omitted": len({group.condition for group in analysis.groups}) - len(contests),
        "collections": {dataset: found.content() for dataset, found in documents.items()},
        "conditions": conditions,
    }


def _contests(analysis: Analysis) -> list[Contest]:
    """Return the first conditions.

    Conditions with several losses come first, and the largest noise ratio of every setting before
    all smaller ones.
    """
    members: defaultdict[Condition, list[Group]] = defaultdict(list)
    for group in analysis.groups:
        if group.cells:
            members[group.condition].append(group)
    ratios: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    for condition in sorted(members, key=lambda condition: -condition.ratio):
        ratios[condition[:3]].append(condition.ratio)
    order = sorted(
        members,
        key=lambda found: (len(members[found]) == 1, ratios[found[:3]].index(found.ratio), found),
    )
    return [_contest(condition, members[condition], analysis) for condition in order[:CONDITIONS]]


def _contest(condition: Condition, groups: Sequence[Group], analysis: Analysis) -> Contest:
    """Return the losses of a condition: focus and baseline first, or else the best two.

    The others follow, best first.
    """
    plan, measure = analysis.plan, analysis.measures[0]
    best_first = sorted(groups, key=lambda group: (-group.mean(measure), group.loss))
    named = [
        group for name in (plan.focus, plan.baseline) for group in best_first if group.loss == name
    ]
    ordered = (
        [*named, *(group for group in best_first if group not in named)]
        if len(named) > 1
        else best_first
    )
    shared = (
        set(ordered[0].seeds) & set(ordered[1].seeds) if len(ordered) > 1 else set(ordered[0].seeds)
    )
    if not shared:
        ordered, shared = ordered[:1], set(ordered[0].seeds)
    seed = min(shared)
    return Contest(
        condition, tuple(group for group in ordered if seed in group.seeds)[:LOSSES], seed
    )


def _condition(contest: Contest, measure: str, documents: PageDocuments) -> dict[str, Any]:
    chosen = _chosen(contest, measure)
    ids = contest.groups[0].query_ids
    cells = [contest.cell(place) for place in range(len(contest.groups))]
    runs = [read_lists(run_in(cell.directory), [ids[place] for place in chosen]) for cell in cells]
    seeds = [_seed_values(cell, measure) for cell in cells]
    queries = []
    for place in chosen:
        means = [round(float(group.queries(measure)[place]), DIGITS) for group in contest.groups]
        values = list(zip(means, (by_query.get(ids[place]) for by_query in seeds), strict=True))
        queries.append(
            documents.query(ids[place], [run.get(ids[place], []) for run in runs], values, TOP)
        )
    return {
        **contest.condition._asdict(),
        "seed": contest.seed,
        "seeds": [len(group.seeds) for group in contest.groups],
        "losses": [group.loss for group in contest.groups],
        "queries": queries,
        "audit": documents.audit(cells[0].file("audit.tsv")),
    }


def _chosen(contest: Contest, measure: str) -> list[int]:
    """Return the positions of the queries to show: largest gains first, largest loss last.

    Without a second loss, return the queries with the lowest values.
    """
    values = contest.groups[0].queries(measure)
    if len(contest.groups) == 1:
        return [int(place) for place in np.argsort(values, kind="stable")[:QUERIES]]
    gains = values - contest.groups[1].queries(measure)
    order: NDArray[np.int64] = np.argsort(-gains, kind="stable")
    gained = [place for place in order[:QUERIES].tolist() if gains[place] > SAME]
    lost = [place for place in order[-QUERIES:].tolist() if gains[place] < -SAME]
    return [*gained, *lost]


def _seed_values(cell: FinishedCell, measure: str) -> dict[str, float]:
    try:
        read = read_values(cell.file("per_query.tsv"), [measure])
    except InputError:
        return {}  # readable a moment ago; the means over seeds are still shown
    return {
        query_id: round(value, DIGITS)
        for query_id, value in zip(read.query_ids, read.values[0].tolist(), strict=True)
    }
