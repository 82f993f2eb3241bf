"""What a loss has to beat to be worth its training: the untrained model, and BM25."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

from cells.record.written_scores import agreed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reporting.reading.cells import FinishedCell

BM25, UNTRAINED = "BM25", "untrained"


class Reference(NamedTuple):
    """The value that lines in figures and rows in tables show.

    Attributes:
        name: `BM25` or `untrained`.
        values: measure -> mean over seeds.
    """

    name: str
    values: Mapping[str, float]


def references(
    cells: Iterable[FinishedCell], measures: Sequence[str]
) -> dict[tuple[str, str], list[Reference]]:
    """Return the references of each data set and model, as far as the cells know them.

    Args:
        cells: finished cells.
        measures: the measures wanted.

    Returns:
        (dataset, model) -> references. One whose cells disagree is left out.
    """
    members: defaultdict[tuple[str, str], list[FinishedCell]] = defaultdict(list)
    for cell in cells:
        members[cell.dataset, cell.model].append(cell)
    return {
        place: [
            Reference(name, values)
            for name, key in ((BM25, "bm25"), (UNTRAINED, "untrained"))
            if (values := _agreed(of_place, key, measures))
        ]
        for place, of_place in members.items()
    }


def _agreed(cells: Sequence[FinishedCell], key: str, measures: Sequence[str]) -> dict[str, float]:
    """Return the mean over seeds of each measure; empty if cells of a seed disagree or lack one."""
    known = [(cell.seed, cell.scores.get(key) or {}) for cell in cells]
    if not all(measure in values for _, values in known for measure in measures):
        return {}
    columns = {m: agreed([(seed, values[m]) for seed, values in known]) for m in measures}
    return {m: mean(values) for m, values in columns.items()} if all(columns.values()) else {}
