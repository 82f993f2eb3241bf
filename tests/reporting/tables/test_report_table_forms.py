"""Tables as Markdown, LaTeX and on a terminal."""

import re
import shutil
import subprocess
from io import StringIO

import pytest
from rich.console import Console

from errors import InputError
from reporting.output_folder import check_folder, prepare_folder
from reporting.tables.result_tables import tables_of
from reporting.tables.table import BEST, SECOND, Column, Entry, Row, Table, with_best_marked
from reporting.tables.table_files import latex, markdown, rich_table


def test_best_and_second_are_of_a_block_and_ties_share_a_place():
    rows = [
        Row((block, name), (Entry(value),))
        for block, name, value in (
            ("x", "a", 0.5),
            ("x", "b", 0.5),
            ("x", "c", 0.2),
            ("y", "d", 0.1),
        )
    ]
    assert [row.entries[0].place for row in with_best_marked(rows, lambda row: row.labels[0])] == [
        BEST,
        BEST,
        SECOND,
        0,
    ]


def test_markdown_by_hand():
    entries = (
        Entry(0.5, (0.01,), BEST, 1),
        Entry(-0.25, (-0.3, -0.2), SECOND, -1, signed=True),
        None,
    )
    table = Table(
        "t",
        "Caption.",
        ("loss",),
        (Column("m", "0"), Column("m", "0.2"), Column("", "area")),
        (Row(("a|b",), entries),),
    )
    assert markdown(table).splitlines() == [
        "Caption.",
        "",
        "| loss | m 0 | m 0.2 | area |",
        "| --- | ---: | ---: | ---: |",
        r"| a\|b | **0.500**† ± 0.010 | <u>-0.250</u>‡ [-0.300, -0.200] |  |",
    ]


def test_latex_is_well_formed(analysis):
    for table in tables_of(analysis):
        text = latex(table)
        assert text.count("{") == text.count("}")
        (columns,) = {
            line.count(" & ")
            for line in text.splitlines()
            if line.endswith(r"\\") and r"\multicolumn" not in line
        }
        assert columns == len(table.heads) + len(table.columns) - 1
        body = re.sub(r"\\(begin|end|label)\{[^}]*\}|%.*", "", text)
        assert not re.search(r"(?<!\\)[_#]", body.replace(r"\textwidth", ""))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")
def test_latex_compiles(report, tmp_path):
    names = [
        report / "tables" / f"{name}.tex"
        for name in ("ranks", "RR-10", "toy_a-RR-10-paper", "b-RR-10-baseline", "b-RR-10-focus")
    ]
    inputs = "\n".join(rf"\input{{{path}}}\clearpage" for path in names)
    packages = r"\documentclass[twocolumn]{article}\usepackage{booktabs,graphicx}"
    document = rf"{packages}\begin{{document}}{inputs}\end{{document}}"
    (tmp_path / "all.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 0


def test_tables_can_be_shown_on_a_terminal(analysis):
    console = Console(width=200, file=StringIO())
    for table in tables_of(analysis):
        console.print(rich_table(table))
    text = console.file.getvalue()
    assert "†" in text
    assert "[+0." in text


def test_a_folder_that_holds_something_else_is_not_written_to(tmp_path, analysis):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds files but no report.json"):
        check_folder(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        check_folder(tmp_path / "notes.txt")
    out = tmp_path / "report"
    prepare_folder(analysis, out)
    (out / "tables").mkdir()
    (out / "tables" / "old.md").touch()
    prepare_folder(analysis, out)
    assert not (out / "tables").exists()
