"""docs/benchmarks.md, made from the stored rows and the words in benchmarks/profile.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import Limit, Portion, Speedup, verdict

PROFILE = Path(__file__).parent / "profile.md"
INTRODUCTION = """# Benchmarks

Written by `make bench` (`python -m benchmarks.bench`); do not edit. Each side runs one thread, and
contenders take turns in one process. A ratio is the median over the repeats of a contender's time
divided by ours, with the lowest and highest in brackets. Times are CPU times, which equal wall time
on an idle machine. Texts come from the embedded collection unless `make bench BENCH=dataset=...`
names another. The share of the matrix limit is our operations per second, padding left out, over
those of a large matrix product on the same thread.
"""


def page(stored: Mapping[str, Any]) -> str:
    """Return the whole page in Markdown."""
    tables = [*_comparisons(stored), "", *_limits(stored), "", *_parts(stored)]
    return "\n".join(
        [INTRODUCTION, *tables, PROFILE.read_text(encoding="utf-8"), *_machines(stored)]
    )


def _comparisons(stored: Mapping[str, Any]) -> list[str]:
    rows = [Speedup(**row) for part in stored.values() for row in part["rows"] if "ratio" in row]
    lines = [
        "| path | setting | against | times faster | target | | ours | theirs | share of the "
        "matrix limit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = f"**{row.ratio:.2f}x** ({row.lowest:.2f} to {row.highest:.2f})"
        lines.append(
            f"| {row.path} | {row.setting} | {row.against} | {ratio} | {row.target}x | "
            f"{verdict(row)} | {row.ours:.3g} {row.unit} | {row.theirs:.3g} {row.unit} | "
            f"{'' if row.share is None else f'{row.share:.2f}'} |"
        )
    return lines


def _limits(stored: Mapping[str, Any]) -> list[str]:
    rows = [Limit(**row) for part in stored.values() for row in part["rows"] if "value" in row]
    lines = ["| path | setting | measured | at most | |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.path} | {row.setting} | {row.value:.3g} {row.unit} | {row.target:g} {row.unit} | "
        f"{verdict(row)} |"
        for row in rows
    ]
    figure = ["", "![Peak memory over the size of a collection](figures/benchmarks_memory.svg)"]
    return lines + figure if "scale" in stored else lines


def _parts(stored: Mapping[str, Any]) -> list[str]:
    rows = [Portion(**row) for part in stored.values() for row in part["rows"] if "amount" in row]
    return [
        line
        for path in dict.fromkeys(row.path for row in rows)
        for line in _parts_of(path, [row for row in rows if row.path == path])
    ]


def _parts_of(path: str, rows: Sequence[Portion]) -> list[str]:
    settings = list(dict.fromkeys(row.setting for row in rows))
    amounts = {(row.part, row.setting): f"{row.amount:.3g} {row.unit}" for row in rows}
    lines = [
        f"## Where the time of a {path} goes",
        "",
        f"| part | {' | '.join(settings)} |",
        "|---|" + "---|" * len(settings),
    ]
    lines += [
        f"| {name} | {' | '.join(amounts.get((name, setting), '') for setting in settings)} |"
        for name in dict.fromkeys(row.part for row in rows)
    ]
    return [*lines, ""]


def _machines(stored: Mapping[str, Any]) -> list[str]:
    lines = ["## Where and when", ""]
    for name, part in stored.items():
        facts = "; ".join(f"{key}: {value}" for key, value in part["machine"].items())
        lines.append(f"- `{name}`, {part['measured']}: {facts}")
    return [*lines, ""]
