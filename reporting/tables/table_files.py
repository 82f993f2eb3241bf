"""Tables as Markdown, CSV and LaTeX files, and for the terminal."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from data.storage.atomic_files import written_aside
from reporting.tables.captions import BETTER, WORSE
from reporting.tables.csv_files import Sheet, write_csv
from reporting.tables.table import BEST, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import rich.table

    from reporting.tables.table import Column, Entry, Row, Table

MARKS = {1: BETTER, 0: "", -1: WORSE}
WIDE = 6  # columns that fit on a page of LaTeX
ESCAPES = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    BETTER: r"$^{\dagger}$",
    WORSE: r"$^{\ddagger}$",
}


def write_table(table: Table, folder: Path) -> None:
    """Write <name>.md, <name>.csv and <name>.tex."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending, text in ((".md", markdown(table)), (".tex", latex(table))):
        with written_aside(folder / f"{table.name}{ending}") as aside:
            aside.write_text(text, encoding="utf-8")
    write_csv(folder / f"{table.name}.csv", _plain(table))


def markdown(table: Table) -> str:
    """Return the table in Markdown, with the best in bold and the second underlined."""
    heads = [*table.heads, *(_heading(column) for column in table.columns)]
    lines = [heads, ["---"] * len(table.heads) + ["---:"] * len(table.columns)]
    lines.extend([*row.labels, *map(_marked_down, row.entries)] for row in table.rows)
    body = "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )
    return f"{table.caption}\n\n{body}\n"


def _marked_down(entry: Entry | None) -> str:
    if entry is None:
        return ""
    value = {BEST: "**{}**", SECOND: "<u>{}</u>"}.get(entry.place, "{}").format(number(entry))
    return " ".join(
        part for part in (value + MARKS[entry.mark], spread(entry), entry.letters) if part
    )


def latex(table: Table) -> str:
    """Return the table in LaTeX; it needs the packages booktabs and graphicx."""
    heads = len(table.heads)
    body = [
        rf"\begin{{tabular}}{{{'l' * heads}{'r' * len(table.columns)}}}",
        r"\toprule",
        *_latex_headings(table),
        r"\midrule",
    ]
    for place, (_, rows) in enumerate(groupby(table.rows, key=lambda row: row.labels[:-1])):
        body.extend([r"\addlinespace"] if place else [])
        body.extend(_latex_row(row) for row in rows)
    body += [r"\bottomrule", r"\end{tabular}"]
    if len(table.columns) > WIDE:
        body = [r"\resizebox{\textwidth}{!}{%", *body, "}"]
    caption = rf"\caption{{{escaped(table.caption)}}}"
    top = [
        r"% needs \usepackage{booktabs,graphicx}",
        r"\begin{table*}",
        r"\centering",
        caption,
        rf"\label{{tab:{table.name}}}",
    ]
    return "\n".join([*top, *body, r"\end{table*}"]) + "\n"


def _latex_headings(table: Table) -> Iterator[str]:
    """Yield the headings of the columns, below shared headings."""
    heads = len(table.heads)
    if any(column.group for column in table.columns):
        first, rules, cells = heads + 1, [], [""] * heads
        for group, members in groupby(table.columns, key=lambda column: column.group):
            count = len(list(members))
            cells.append(rf"\multicolumn{{{count}}}{{c}}{{{escaped(group)}}}")
            rules.extend([rf"\cmidrule(lr){{{first}-{first + count - 1}}}"] if group else [])
            first += count
        yield f"{' & '.join(cells)} \\\\"
        yield " ".join(rules)
    names = [*table.heads, *(column.name for column in table.columns)]
    yield f"{' & '.join(map(escaped, names))} \\\\"


def _latex_row(row: Row) -> str:
    return f"{' & '.join([*map(escaped, row.labels), *map(_latex_entry, row.entries)])} \\\\"


def _latex_entry(entry: Entry | None) -> str:
    if entry is None:
        return "--"
    value = {BEST: r"\textbf{{{}}}", SECOND: r"\underline{{{}}}"}.get(entry.place, "{}").format(
        number(entry).replace("-", "$-$")
    )
    rest = " ".join(part for part in (spread(entry), entry.letters) if part)
    small = rf"~{{\scriptsize {escaped(rest).replace('-', '$-$')}}}" if rest else ""
    return value + escaped(MARKS[entry.mark]) + small


def escaped(text: str) -> str:
    """Return the text with LaTeX's special characters escaped."""
    return re.sub(r"[&%$#_{}\\~^±†‡]", lambda match: ESCAPES[match[0]], text)


def rich_table(table: Table) -> rich.table.Table:
    """Return the table for a terminal, without its caption.

    The best is bold, the second underlined, and significant differences are coloured.
    """
    from rich.markup import escape
    from rich.table import Table as RichTable

    shown = RichTable()
    for head in table.heads:
        shown.add_column(escape(head), overflow="fold")
    for column in table.columns:
        shown.add_column(escape(_heading(column)), justify="right")
    for row in table.rows:
        shown.add_row(*map(escape, row.labels), *map(_styled, row.entries))
    return shown


def _styled(entry: Entry | None) -> str:
    if entry is None:
        return ""
    style = {BEST: "bold", SECOND: "underline"}.get(entry.place, "none")
    value = (
        f"[{style}]{number(entry)}[/]{({1: '[green]†[/]', -1: '[red]‡[/]'}).get(entry.mark, '')}"
    )
    return " ".join(
        part for part in (value, spread(entry).replace("[", r"\["), entry.letters) if part
    )


def number(entry: Entry) -> str:
    """Return the number with three decimals."""
    return f"{entry.value:+.3f}" if entry.signed else f"{entry.value:.3f}"


def spread(entry: Entry) -> str:
    """Return the standard deviation or the interval that is shown beside a number."""
    if not entry.spread:
        return ""
    if entry.signed:
        return f"[{', '.join(f'{end:+.3f}' for end in entry.spread)}]"
    return f"± {entry.spread[0]:.3f}"


def _heading(column: Column) -> str:
    return f"{column.group} {column.name}".strip()


def _plain(table: Table) -> Sheet:
    """Return columns and rows of the CSV file: value, spread and mark of each number."""
    signed = any(entry.signed for row in table.rows for entry in row.entries if entry)
    parts = ("low", "high") if signed else ("sd",)
    columns = [*table.heads]
    for column in table.columns:
        columns.extend(
            f"{_heading(column)}{ending}"
            for ending in ("", *(f" {part}" for part in parts), " mark")
        )
    return Sheet(
        tuple(columns),
        ([*row.labels, *_plain_entries(row.entries, len(parts))] for row in table.rows),
    )


def _plain_entries(entries: Sequence[Entry | None], parts: int) -> Iterator[object]:
    for entry in entries:
        if entry is None:
            yield from (None,) * (parts + 2)
        else:
            yield entry.value
            yield from (*entry.spread, *(None,) * (parts - len(entry.spread)))
            yield {1: "better", 0: "", -1: "worse"}[entry.mark]
