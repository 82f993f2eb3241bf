"""What a loss has to beat to be worth its training: the untrained model, and BM25."""

from __future__ import annotations

from collections import defaultdict
from statistics import mean
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reporting.reading.cells import FinishedCell

BM25, UNTRAINED = "BM25", "untrained"
NEAR = 5e-4
"""Values of one seed that differ by more come from different models, e.g. of two variants."""


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


def _agreed(cells: Iterable[FinishedCell], key: str, measures: Sequence[str]) -> dict[str, float]:
    """Return the mean over seeds of each measure; empty if cells of a seed disagree or lack one."""
    by_seed = {cell.seed: cell.scores.get(key) or {} for cell in cells}
    for cell in cells:
        known, own = by_seed[cell.seed], cell.scores.get(key) or {}
        if any(abs(known.get(m, -1.0) - own.get(m, -1.0)) > NEAR for m in measures):
            return {}
    if not all(measure in values for values in by_seed.values() for measure in measures):
        return {}
    return {measure: mean(values[measure] for values in by_seed.values()) for measure in measures}
