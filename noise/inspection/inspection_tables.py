"""An inspection on a terminal (rich) and as tables of records (W&B)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table

from noise.inspection.inspection import Example, Inspection, Similarities

WIDTH = 60
BINS = 10
BARS = " ▏▎▍▌▋▊▉█"
FULL = 24


class Records(NamedTuple):
    """A table without formatting.

    Attributes:
        columns: their names.
        rows: a value for each column.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]


def tables(inspection: Inspection) -> list[RenderableType]:
    """Return the printed report: summary, examples side by side, and small bar charts."""
    similarities = inspection.similarities
    cosines = {
        "removed and inserted document": similarities.removed_inserted,
        "query and removed document": similarities.query_removed,
        "query and inserted document": similarities.query_inserted,
    }
    charts = [
        _chart(f"Cosine of {name} ({inspection.encoder})", values, (0.0, 1.0))
        for name, values in cosines.items()
        if len(values)
    ]
    if len(inspection.ranks):
        charts.append(
            _chart(
                "Rank of the inserted document",
                inspection.ranks,
                (1.0, 1.0 + BINS * math.ceil(inspection.ranks.max() / BINS)),
            )
        )
    return [
        _summary(inspection),
        *([_examples(inspection)] if inspection.examples else []),
        *charts,
    ]


def records(inspection: Inspection) -> dict[str, Records]:
    """Return the report as tables by name: summary, examples, and all measured substitutions."""
    cosines = np.stack(inspection.similarities, axis=1).tolist()
    measured = zip(inspection.substitutions, cosines, strict=True)
    return {
        "summary": Records(("name", "value"), [list(fact) for fact in _facts(inspection).items()]),
        "examples": Records(Example._fields, [list(example) for example in inspection.examples]),
        "substitutions": Records(
            ("query_id", "removed", "inserted", "rank", *Similarities._fields),
            [
                [row.query_id, row.removed, row.inserted, row.rank, *values]
                for row, values in measured
            ],
        ),
    }


def _summary(inspection: Inspection) -> Table:
    header = inspection.audit.header
    table = Table(title=f"{header.model} noise on {header.collection}", show_header=False)
    for fact in _facts(inspection).items():
        table.add_row(*fact)
    return table


def _facts(inspection: Inspection) -> dict[str, str]:
    header = inspection.audit.header
    nominal = "decided by the data" if header.ratio is None else f"{header.ratio:g}"
    facts = {
        "nominal ratio": nominal,
        "corrupted": f"{header.corrupted} of {header.units} judgements ({header.realised:.4f})",
        "skipped and replaced": str(header.skipped),
        "wrong positives, lost positives": f"{header.false_positives}, {header.false_negatives}",
        "eps+": f"{header.eps_plus:.4f}",
        "eps- (judged, all pairs)": (
            f"{_number(header.eps_minus_judged)}, {header.eps_minus_corpus:.2e}"
        ),
        "queries without a positive": (
            f"{header.queries_without_positive} ({header.dropped} judgements dropped)"
        ),
        "queries with wrong positives only": str(header.queries_all_wrong),
        "audit": inspection.audit.sha256,
    }
    for estimate in inspection.contamination:
        facts[f"inserted above removed by {estimate.scorer}"] = (
            f"{estimate.share:.3f} of {estimate.pairs}"
        )
    return facts


def _examples(inspection: Inspection) -> Table:
    table = Table(title="Examples", show_lines=True)
    for column in ("query", "removed (relevant)", "inserted", "rank", "cosine"):
        table.add_column(column, overflow="fold")
    for example in inspection.examples:
        texts = (_shortened(text) for text in (example.query, example.removed, example.inserted))
        table.add_row(
            *texts, "" if example.rank is None else str(example.rank), f"{example.similarity:.2f}"
        )
    return table


def _chart(
    title: str, values: NDArray[np.float64] | NDArray[np.int64], limits: tuple[float, float]
) -> Panel:
    """Return a histogram in block characters; outliers count in the first and last bins."""
    counts, edges = np.histogram(np.clip(values, *limits), BINS, limits)
    lines = [
        f"{low:6g}  {_bar(count / counts.max())} {count}"
        for low, count in zip(edges[:-1], counts.tolist(), strict=True)
    ]
    return Panel(
        "\n".join([*lines, f"mean {values.mean():.3f}, median {np.median(values):.3f}"]),
        title=title,
        expand=False,
    )


def _bar(share: float) -> str:
    whole, rest = divmod(round(share * FULL * 8), 8)
    return ("█" * whole + BARS[rest].strip()).ljust(FULL)


def _shortened(text: str, width: int = WIDTH * 4) -> str:
    words = " ".join(text.split())
    return words if len(words) <= width else words[: width - 1] + "…"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
