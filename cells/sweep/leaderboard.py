"""The end of a sweep: losses by conditions, beside the untrained model and BM25."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from omegaconf import DictConfig
from rich import get_console

from cells.planning.plan import PlannedCell
from cells.planning.state_tables import aligned
from cells.record.written_scores import SCORES, agreed, read_scores
from errors import InputError

PARTS = 5
"""Parts of a trained cell's name: data set, model, method, noise, seed."""
REFERENCES = {"untrained": "untrained", "bm25": "BM25"}
"""Key of scores.json -> row of the table."""


class _Score(NamedTuple):
    """A finished cell's place in the table, its value, and those that it is compared with."""

    collection: str
    model: str
    method: str
    noise: str
    seed: str
    value: float
    references: dict[str, float]


def show_leaderboard(master: DictConfig, cells: Sequence[PlannedCell]) -> None:
    """Print the table of a sweep.

    Args:
        master: its configuration.
        cells: its cells.
    """
    for folder in dict.fromkeys(cell.output_dir for cell in cells):
        names = [cell.name for cell in cells if cell.output_dir == folder and cell.trained]
        for line in leaderboard(folder, names, master.selection_measure, master.objective):
            get_console().print(line, soft_wrap=True, markup=False, highlight=False)


def leaderboard(
    output_dir: Path, names: Sequence[str], measure: str, objective: str
) -> Iterator[str]:
    """Yield the lines of a table for each data set and model, and the command for a report.

    Args:
        output_dir: the folder of the cells.
        names: the cells of the sweep; those that are not finished are left out.
        measure: the measure to show.
        objective: test or validation: the split that the sweep may see.
    """
    scores = [score for name in names for score in _score(output_dir, name, measure, objective)]
    if len(scores) <= 1:
        return
    groups: dict[tuple[str, str], list[_Score]] = defaultdict(list)
    for score in scores:
        groups[score.collection, score.model].append(score)
    for (collection, model), found in groups.items():
        yield ""
        yield f"{model} on {collection}: {measure} on {objective}, mean over seeds; * is the best"
        yield from _table(found)
    yield ""
    yield f"for tests of significance and figures: python report.py {output_dir}"


def _score(output_dir: Path, name: str, measure: str, objective: str) -> Iterator[_Score]:
    """Yield the score of a cell, if it is a finished one that is trained."""
    place = name.split("/")
    if len(place) != PARTS or not (output_dir / name / SCORES).exists():
        return
    try:
        scores = read_scores(output_dir / name)
        value = scores["measures" if objective == "test" else objective][measure]
    except (InputError, LookupError, TypeError):
        return  # the sweep says so elsewhere
    references = _references(scores, measure) if objective == "test" else {}
    collection, model, method, noise, seed = place
    yield _Score(collection, model, method, noise, seed, float(value), references)


def _references(scores: Mapping[str, Any], measure: str) -> dict[str, float]:
    found = {row: (scores.get(key) or {}).get(measure) for key, row in REFERENCES.items()}
    return {row: float(value) for row, value in found.items() if value is not None}


def _table(found: Sequence[_Score]) -> Iterator[str]:
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in found:
        values[score.method][score.noise].append(score.value)
    noises = list(dict.fromkeys(score.noise for score in found))
    best = {
        noise: max(mean(row[noise]) for row in values.values() if row[noise]) for noise in noises
    }
    most = max(len(row[noise]) for row in values.values() for noise in noises)
    rows = [
        (method, [_value(row[n], best[n], most) for n in noises]) for method, row in values.items()
    ]
    for name in REFERENCES.values():
        known = [score for score in found if name in score.references]
        columns = [
            agreed(
                [(score.seed, score.references[name]) for score in known if score.noise == noise]
            )
            for noise in noises
        ]
        if any(columns):
            rows.append((name, [_value(column, None, 0) for column in columns]))
    yield from aligned([("", [f"{noise}  " for noise in noises]), *rows])


def _value(values: Sequence[float], best: float | None, most: int) -> str:
    """Return a mean, with a star if it is the best, and the number of seeds where some lack."""
    if not values:
        return "-  "
    seeds = f" ({len(values)} of {most})" if len(values) < most else ""
    return f"{mean(values):.4f}{seeds}{' *' if mean(values) == best else '  '}"
