"""Groups of cells that differ only in their seeds, and checks that they can be compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from errors import InputError
from reporting.reading.cells import CellProblem, FinishedCell
from reporting.reading.per_query_values import PerQuery, read_values
from terminal import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


PER_QUERY = "per_query.tsv"


class Condition(NamedTuple):
    """The coordinates that two losses must share to be compared.

    Attributes:
        dataset: name of the collection.
        model: name of the model.
        noise: name of the noise model.
        ratio: the noise ratio.
    """

    dataset: str
    model: str
    noise: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Group:
    """The cells of one loss under one condition, over S seeds.

    Attributes:
        condition: dataset, model, noise and ratio.
        loss: name of the loss.
        seeds: the seeds [S].
        cells: the cells, by seed [S]; none for runs of other systems.
        measures: the measures [M].
        query_ids: the test queries, sorted [Q].
        seed_values: mean over queries of each cell, as in its scores.json [S, M].
        per_query: values of each query, averaged over seeds [M, Q].
    """

    condition: Condition
    loss: str
    seeds: tuple[int, ...]
    cells: tuple[FinishedCell, ...]
    measures: tuple[str, ...]
    query_ids: tuple[str, ...]
    seed_values: NDArray[np.float64]
    per_query: NDArray[np.float64]

    def mean(self, measure: str) -> float:
        """Return the mean over seeds."""
        return float(self.seed_values[:, self._place(measure)].mean())

    def sd(self, measure: str) -> float | None:
        """Return the standard deviation over seeds (divisor S - 1); None for a single seed."""
        return (
            float(self.seed_values[:, self._place(measure)].std(ddof=1))
            if len(self.seeds) > 1
            else None
        )

    def queries(self, measure: str) -> NDArray[np.float64]:
        """Return each query's value, averaged over seeds [Q]."""
        values: NDArray[np.float64] = self.per_query[self._place(measure)]
        return values

    def _place(self, measure: str) -> int:
        return self.measures.index(measure)


class Groups(NamedTuple):
    """The groups of a report.

    Attributes:
        groups: by condition and loss.
        measures: the measures that all of them have.
        corrupt: finished cells left out because their per_query.tsv is damaged.
    """

    groups: list[Group]
    measures: tuple[str, ...]
    corrupt: list[CellProblem]


def read_groups(cells: Sequence[FinishedCell], measures: Sequence[str] | None = None) -> Groups:
    """Group cells over seeds, and read and average their per-query values.

    A cell with a damaged file is left out; the others are kept.

    Args:
        cells: finished cells.
        measures: the measures wanted; None: all.

    Raises:
        InputError: if cells have different measures, or, within a collection, different data or
            test queries. It names the cells.
    """
    chosen = _common_measures(cells, measures)
    _check_data(cells)
    corrupt: list[CellProblem] = []
    known_queries: dict[str, tuple[tuple[str, ...], str]] = {}
    groups = []
    for (condition, loss), members in track(_by_group(cells).items(), "Reading per-query values"):
        read = list(_read(members, chosen, corrupt))
        for cell, values in read:
            _check_queries(known_queries, cell, values)
        if read:
            groups.append(
                _group(condition, loss, chosen, known_queries[condition.dataset][0], read)
            )
    return Groups(groups, chosen, corrupt)


def _by_group(cells: Iterable[FinishedCell]) -> dict[tuple[Condition, str], list[FinishedCell]]:
    members: defaultdict[tuple[Condition, str], list[FinishedCell]] = defaultdict(list)
    for cell in cells:
        members[Condition(cell.dataset, cell.model, cell.noise, cell.ratio), cell.loss].append(cell)
    return {key: sorted(members[key], key=lambda cell: cell.seed) for key in sorted(members)}


def _read(
    cells: Iterable[FinishedCell], measures: Sequence[str], corrupt: list[CellProblem]
) -> Iterable[tuple[FinishedCell, PerQuery]]:
    for cell in cells:
        try:
            yield cell, read_values(cell.file(PER_QUERY), measures, cell.written(PER_QUERY))
        except InputError as error:
            corrupt.append(CellProblem(cell.name, str(error)))


def _group(
    condition: Condition,
    loss: str,
    measures: tuple[str, ...],
    query_ids: tuple[str, ...],
    read: Sequence[tuple[FinishedCell, PerQuery]],
) -> Group:
    cells = tuple(cell for cell, _ in read)
    seed_values = np.array(
        [[cell.measures[measure] for measure in measures] for cell in cells], dtype=np.float64
    )
    per_query = np.mean([values.values for _, values in read], axis=0)
    return Group(
        condition,
        loss,
        tuple(cell.seed for cell in cells),
        cells,
        measures,
        query_ids,
        seed_values,
        per_query,
    )


def _common_measures(
    cells: Sequence[FinishedCell], wanted: Sequence[str] | None
) -> tuple[str, ...]:
    first = cells[0]
    names = tuple(first.measures) if wanted is None else tuple(dict.fromkeys(wanted))
    common = [name for name in first.measures if all(name in cell.measures for cell in cells)]
    for cell in cells:
        lacking = [name for name in names if name not in cell.measures]
        if lacking or (wanted is None and len(cell.measures) != len(names)):
            found = (
                f"{cell.name} has no measure {', '.join(lacking)}."
                if wanted is not None
                else "the cells have different measures: "
                f"{first.name} has {', '.join(first.measures)}; "
                f"{cell.name} has {', '.join(cell.measures)}."
            )
            raise InputError(
                f"{found} Choose with --measure what all have ({', '.join(common) or 'nothing'}), "
                "or filter the cells."
            )
    return names


def _check_data(cells: Iterable[FinishedCell]) -> None:
    seen: dict[str, FinishedCell] = {}
    for cell in cells:
        other = seen.setdefault(cell.dataset, cell)
        if cell.fingerprint != other.fingerprint:
            raise InputError(
                f"{other.name} and {cell.name} were scored on different data (documents, queries "
                f"or qrels of {cell.dataset} changed: fingerprints {other.fingerprint} and "
                f"{cell.fingerprint}). Filter one of them out, or run it again with overwrite=true."
            )


def _check_queries(
    known: dict[str, tuple[tuple[str, ...], str]], cell: FinishedCell, values: PerQuery
) -> None:
    query_ids, name = known.setdefault(cell.dataset, (values.query_ids, cell.name))
    if values.query_ids != query_ids:
        differing = sorted(set(query_ids) ^ set(values.query_ids))
        raise InputError(
            f"{name} and {cell.name} have different test queries: {len(differing)} are in one "
            f"per_query.tsv only ({', '.join(differing[:3])}). Filter one of them out, or run it "
            "again with overwrite=true."
        )
