"""The tables of docs/noise.md, from the numbers of `benchmarks.noise`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.files import written_aside

Numbers = Mapping[str, Mapping[str, Any]]

AUDIT_COLUMNS = (
    "model", "ratio", "corrupted / N", "realised", "skipped", "eps+", "eps- judged", "eps- corpus",
    "cos removed-inserted", "cos query-removed", "cos query-inserted", "above: BM25", "above: LSA", "above: both", "s",
)  # fmt: skip
BAR = 30


def write_tables(document: Path, numbers: Numbers) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- end -->` in the document."""
    text = document.read_text(encoding="utf-8")
    parts = {
        f"audits of {name}": _audits(numbers, name) for name in sorted({key.split("/")[1] for key in numbers if key.startswith("audit/")})
    }
    parts |= {"medquad": _medquad(numbers["medquad"]), "growth": _growth(numbers)}
    for name, part in parts.items():
        begin, mark, rest = text.partition(f"<!-- {name} -->\n")
        if not mark:
            raise ValueError(f"{document} has no place for {name}")
        text = begin + mark + part + rest[rest.index("<!-- end -->") :]
    with written_aside(document) as aside:
        aside.write_text(text, encoding="utf-8")


def _audits(numbers: Numbers, collection: str) -> str:
    prefix = f"audit/{collection}/"
    own = [(key.removeprefix(prefix), measured) for key, measured in sorted(numbers.items()) if key.startswith(prefix)]
    refused = {name.split("/")[0]: measured["refused"] for name, measured in own if "refused" in measured}
    rows = [_audit_row(name, measured) for name, measured in own if "refused" not in measured]
    notes = "".join(f"\nRefused, `{model}`: {reason}.\n" for model, reason in sorted(refused.items()))
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
        f"{measured['seconds']:.1f}",
    ]


def _medquad(measured: Mapping[str, Any]) -> str:
    columns = ("documents", "pairs N", "corrupted", "seconds", "CPU seconds", "peak memory, MiB")
    row = [
        measured["documents"],
        measured["units"],
        measured["corrupted"],
        f"{measured['seconds']:.1f}",
        f"{measured['cpu_seconds']:.1f}",
        f"{measured['peak_mib']:.0f}",
    ]
    return _table(columns, [list(map(str, row))])


def _growth(numbers: Numbers) -> str:
    measured = [numbers[key] for key in sorted(numbers) if key.startswith("synthetic/")]
    longest = max(each["seconds"] for each in measured)
    lines = [
        f"{each['documents']:>7,} {'█' * round(BAR * each['seconds'] / longest):<{BAR}} {each['seconds']:6.1f} CPU s" for each in measured
    ]
    return "\n".join(["```text", "documents", *lines, "```", ""])


def _table(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in [list(columns), ["---"] * len(columns), *rows]]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
