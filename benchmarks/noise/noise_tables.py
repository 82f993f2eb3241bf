"""The tables of docs/noise.md, from `benchmarks.noise.audits` and `.noise_cost`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from benchmarks.noise.noise_figure import FittedLine
from data.storage.atomic_files import written_aside

Numbers = Mapping[str, Mapping[str, Any]]

AUDIT_COLUMNS = (
    "model", "ratio", "corrupted / N", "realised", "skipped", "eps+", "eps- judged", "eps- corpus",
    "cos removed-inserted", "cos query-removed", "cos query-inserted",
    "above: BM25", "above: LSA", "above: both",
)  # fmt: skip
SUBSTITUTION_COLUMNS = (
    "model", "corrupted / N", "skipped", "cos removed-inserted", "cos query-inserted",
    "above: BM25", "above: LSA", "above: both",
)  # fmt: skip
SECONDS = ("seconds", "cpu_seconds")
THOUSAND = 1000
HOUR = 3600
LINE = 100
MS_MARCO, CORRUPTED = 8_841_823, 200_000


def audit_tables(numbers: Numbers) -> dict[str, str]:
    """Return a table for each collection that was audited."""
    return {f"audits of {name}": _audits(numbers, name) for name in _collections(numbers)}


def substitution_table(numbers: Numbers, ratio: float) -> dict[str, str]:
    """Return one table of the models that put a document in another's place, at one ratio."""
    rows = []
    for collection in _collections(numbers):
        prefix, suffix = f"audit/{collection}/", f"/{ratio}"
        for key, measured in sorted(numbers.items()):
            if key.startswith(prefix) and key.endswith(suffix) and measured.get("contamination"):
                cells = dict(
                    zip(AUDIT_COLUMNS, _audit_row(key.removeprefix(prefix), measured), strict=True)
                )
                rows.append([collection, *(cells[name] for name in SUBSTITUTION_COLUMNS)])
    return {f"substitutions at {ratio}": _table(("collection", *SUBSTITUTION_COLUMNS), rows)}


def cost_tables(
    medquad: Mapping[str, float], growth: Sequence[Mapping[str, float]], line: FittedLine
) -> dict[str, str]:
    """Return the tables of costs; `line` is the straight line through `growth`."""
    measures = ("documents", "units", "corrupted", "seconds", "cpu_seconds", "peak_mib")
    columns = ("documents", "pairs N", "corrupted", "seconds", "CPU seconds", "peak memory, MiB")
    real = _table(
        columns,
        [
            [
                f"{medquad[name]:,.0f}" if name not in SECONDS else f"{medquad[name]:.1f}"
                for name in measures
            ]
        ],
    )
    rows = [
        [
            f"{each['documents']:,.0f}",
            f"{each['cpu_seconds']:.2f}",
            f"{line.at(each['documents']):.2f}",
            f"{each['peak_mib']:,.0f}",
        ]
        for each in growth
    ]
    grown = _table(("documents", "CPU seconds", "straight line", "peak memory, MiB"), rows)
    formula = (
        f"\nLine: {line.start:.2f} s + {line.slope * THOUSAND:.4f} s a thousand documents; "
        f"R² = {line.determination:.4f}.\n"
    )
    return {"medquad": real, "growth": grown + formula}


def large_table(measured: Sequence[Mapping[str, float]], line: FittedLine) -> str:
    """Return the costs of few and many pairs in one large collection, and what MS MARCO would need.

    A pair's share of the search grows with the number of documents; the rest, `line` at no
    documents, does not.
    """
    few, many = measured
    rows = [
        [
            f"{each['documents']:,.0f}",
            f"{each['pairs']:,.0f}",
            f"{each['cpu_seconds']:,.0f}",
            f"{each['peak_mib']:,.0f}",
        ]
        for each in measured
    ]
    pair = (many["cpu_seconds"] - few["cpu_seconds"]) / (many["pairs"] - few["pairs"])
    apart = line.start / few["pairs"]
    whole = CORRUPTED * (apart + (pair - apart) * MS_MARCO / many["documents"])
    projected = (
        f"A pair takes {pair * THOUSAND:.1f} ms, {apart * THOUSAND:.1f} of them whatever the "
        f"number of documents. For {CORRUPTED:,} pairs among {MS_MARCO:,} documents that "
        f"makes {whole / HOUR:.1f} hours of one core: projected, not measured."
    )
    table = _table(("documents", "pairs", "CPU seconds", "peak memory, MiB"), rows)
    return f"{table}\n{fill(projected, LINE)}\n"


def replace_parts(document: Path, parts: Mapping[str, str]) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- end -->` in the document."""
    text = document.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, mark, rest = text.partition(f"<!-- {name} -->\n")
        if not mark:
            raise ValueError(f"{document} has no place for {name}")
        text = begin + mark + part + rest[rest.index("<!-- end -->") :]
    with written_aside(document) as aside:
        aside.write_text(text, encoding="utf-8")


def _collections(numbers: Numbers) -> list[str]:
    return sorted({key.split("/")[1] for key in numbers})


def _audits(numbers: Numbers, collection: str) -> str:
    prefix = f"audit/{collection}/"
    own = [
        (key.removeprefix(prefix), measured)
        for key, measured in sorted(numbers.items())
        if key.startswith(prefix)
    ]
    refused = {
        name.split("/")[0]: measured["refused"] for name, measured in own if "refused" in measured
    }
    rows = [_audit_row(name, measured) for name, measured in own if "refused" not in measured]
    notes = "".join(
        f"\nRefused, `{model}`: {reason}.\n" for model, reason in sorted(refused.items())
    )
    return _table(AUDIT_COLUMNS, rows) + notes


def _audit_row(name: str, measured: Mapping[str, Any]) -> list[str]:
    judges = measured["contamination"] or [None] * 3
    cosines = [measured[name] for name in ("removed_inserted", "query_removed", "query_inserted")]
    return [
        *name.split("/"),
        f"{measured['corrupted']} / {measured['units']}",
        f"{measured['realised']:.4f}",
        str(measured["skipped"]),
        f"{measured['eps_plus']:.3f}",
        _number(measured["eps_minus_judged"]),
        f"{measured['eps_minus_corpus']:.1e}",
        *map(_number, cosines),
        *map(_number, judges),
    ]


def _table(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [
        "| " + " | ".join(row) + " |" for row in [list(columns), ["---"] * len(columns), *rows]
    ]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
