"""The scores of a finished cell: the content of scores.json, and the printed table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich import get_console
from rich.table import Table
from rich.text import Text

from cells.record.directory import Cell
from cells.record.environment import describe, peak_memory_mib
from cells.record.made_from import KEY
from cells.record.owned_files import KEPT, RUN
from cells.record.written_scores import WRITTEN
from data.storage.file_hashes import hash_of
from noise import Audit


@dataclass(frozen=True)
class Outcome:
    """The numbers of a cell.

    Attributes:
        untrained: test measures before training.
        bm25: test measures of BM25; None if they were not computed.
        trained: test measures of the selected checkpoint.
        search: how documents were found; see `cells.training.evaluator.Report`.
        validation: validation measures of the selected checkpoint.
        epoch: the selected epoch, from 0.
        last_epoch: the last epoch and its test measures; None if it was not tested.
        wall_seconds: wall time of each step.
    """

    untrained: dict[str, float]
    bm25: dict[str, float] | None
    trained: dict[str, float]
    search: dict[str, Any]
    validation: dict[str, float]
    epoch: int
    last_epoch: dict[str, Any] | None
    wall_seconds: dict[str, float]


def scores_of(
    cell: Cell,
    outcome: Outcome,
    audit: Audit,
    facts: Mapping[str, Any],
    made_from: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the content of a trained cell's scores.json.

    Args:
        cell: the cell.
        outcome: its numbers.
        audit: the changes made by the noise.
        facts: counts and hashes of the training data.
        made_from: what the cell is made from, as `cells.record.made_from.settle` returns it.
    """
    return {
        "cell": cell.name,
        "measures": outcome.trained,
        "untrained": outcome.untrained,
        "bm25": outcome.bm25,
        "search": outcome.search,
        "validation": outcome.validation,
        "selected_epoch": outcome.epoch,
        "last_epoch": outcome.last_epoch,
        "seed": cell.config["seed"],
        "noise": {"audit_sha256": audit.sha256, "labels": audit.labels} | asdict(audit.header),
        "data": dict(facts),
        KEY: dict(made_from),
        WRITTEN: {name: hash_of(cell.file(name)) for name in (RUN, "per_query.tsv")},
        KEPT: list(cell.config["keep"]),
        "wall_seconds": outcome.wall_seconds,
        "peak_memory_mib": peak_memory_mib(),
    } | describe()


def summary(scores: Mapping[str, Any]) -> dict[str, object]:
    """Return the values that a dashboard sorts and filters by.

    They are the measures under their own names, those of the first stage, before training and on
    validation, and facts about the noise.
    """
    values: dict[str, object] = dict(scores["measures"])
    values |= {
        f"first_stage/{name}": value
        for name, value in scores["search"].get("first_stage_measures", {}).items()
    }
    for split in ("untrained", "validation"):
        values |= {f"{split}/{name}": value for name, value in scores[split].items()}
    values |= {
        f"last_epoch/{name}": value
        for name, value in (scores.get("last_epoch") or {}).get("measures", {}).items()
    }
    values |= {f"noise/{name}": scores["noise"][name] for name in ("realised", "audit_sha256")}
    return values | {
        "selected_epoch": scores["selected_epoch"],
        "peak_memory_mib": scores["peak_memory_mib"],
    }


def in_a_line(cell: Cell, scores: Mapping[str, Any], measure: str) -> str:
    """Return a cell's name and one test measure, beside that of the untrained model if known."""
    before = (scores.get("untrained") or {}).get(measure)
    beside = "" if before is None else f" (untrained {before:.4f})"
    return f"{cell.name}: {measure} {scores['measures'][measure]:.4f}{beside}"


def show(cell: Cell, scores: Mapping[str, Any]) -> None:
    """Print the test measures and the cell's directory.

    Measures of the first stage and of the untrained model are shown beside them, if there are any.
    """
    search = scores["search"]
    columns = _columns(
        scores["measures"], scores.get("untrained"), search.get("first_stage_measures")
    )
    table = Table(title=Text(cell.name), title_justify="left")
    table.add_column("measure (test)")
    for column in columns:
        table.add_column(column, justify="right")
    for name in scores["measures"]:
        table.add_row(name, *(values[name] for values in columns.values()))
    console = get_console()
    console.print(table)
    for name, value in search.get("ceiling", {}).items():
        console.print(
            f"{search['first_stage']} has {name} {value:.4f}, the ceiling of re-ranking its "
            "candidates.",
            markup=False,
        )
    files = ", ".join(sorted(path.name for path in cell.directory.iterdir()))
    console.print(
        f"Everything about this cell is in {cell.directory}/: {files}", soft_wrap=True, markup=False
    )


def _columns(
    measures: Mapping[str, float],
    untrained: Mapping[str, float] | None,
    first_stage: Mapping[str, float] | None,
) -> dict[str, dict[str, str]]:
    """Return the columns of the table: heading -> measure -> number."""
    numbers: dict[str, Mapping[str, float]] = (
        {} if first_stage is None else {"first stage": first_stage}
    )
    numbers |= (
        {"value": measures} if untrained is None else {"untrained": untrained, "trained": measures}
    )
    columns = {
        heading: {name: f"{value:.4f}" for name, value in values.items()}
        for heading, values in numbers.items()
    }
    if untrained is not None:
        columns["change"] = {
            name: f"{value - untrained[name]:+.4f}" for name, value in measures.items()
        }
    return columns
